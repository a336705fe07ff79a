// The variables of an execution: those of the function masked until shown, the contract's as they were.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(
  async (page, seen) => {
    await enter(page);
    await openFunction(page);
    await page.getByRole('textbox', { name: 'Data' }).fill('for the environment');
    await page.getByRole('button', { name: 'Execute', exact: true }).click();
    await page.getByRole('table', { name: 'Executions' }).getByText('completed').first().waitFor();
    await page.getByRole('tab', { name: 'Environment' }).click();
    seen.address = new URL(page.url()).search;

    const own = page.getByRole('region', { name: 'Variables of the function' });
    await own.getByText('API_TOKEN').waitFor();
    seen.masked = await own.innerText();
    await own.getByRole('button', { name: 'Show the value of API_TOKEN' }).click();
    seen.shown = await own.innerText();
    seen.contract = await page.getByRole('region', { name: 'Variables of Appwrite' }).innerText();
    await picture(page, `environment-${process.env.COLOR_SCHEME}`);
    await page.setViewportSize({ width: 640, height: 900 });
    await picture(page, `environment-narrow-${process.env.COLOR_SCHEME}`);
    await page.reload();
    await own.getByText('API_TOKEN').waitFor();
  },
  { colorScheme: process.env.COLOR_SCHEME },
);
