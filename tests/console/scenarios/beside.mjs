// Two runs side by side: the last with the one before it, then with another one; and by the address alone.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

const { COLOR_SCHEME } = process.env;

await scenario(
  async (page, seen) => {
    await enter(page);
    await openFunction(page);
    const panel = page.getByRole('complementary', { name: 'Execute' });
    const rows = page.getByRole('table', { name: 'Executions' }).getByRole('row');
    for (const [at, name] of ['Ada', 'Grace', 'Linus'].entries()) {
      await panel.getByRole('textbox', { name: 'Data' }).fill(name);
      await panel.getByRole('button', { name: 'Execute', exact: true }).click();
      await rows.nth(at + 1).waitFor();
      await page.getByRole('log', { name: 'stdout' }).getByText(name).first().waitFor();
    }
    await panel.getByRole('link', { name: 'Compare with the previous run' }).click();
    const side = page.getByRole('table', { name: 'stdout, side by side' });
    await side.getByText('Grace').waitFor();
    seen.previous = await page.getByLabel('Compare with').locator('option:checked').innerText();
    await picture(page, `beside-${COLOR_SCHEME}`);

    // With the first one, by its place in the list.
    await page.getByLabel('Compare with').selectOption({ index: 1 });
    await side.getByText('Ada').waitFor();
    seen.address = page.url().replace(/[0-9a-f]{20}/g, 'ID').replace(/^.*\/functions/, '/functions');
    const address = page.url();
    await page.goto(address.replace(/\/functions.*/, '/events'));
    await page.goto(address);
    await side.getByText('Ada').waitFor();
    // Back leaves the execution, not one tab of it after the other.
    await page.getByRole('tab', { name: 'stdout' }).click();
    await page.goBack();
    seen.back = new URL(page.url()).pathname;
    await page.setViewportSize({ width: 640, height: 900 });
    await page.goto(address);
    await side.getByText('Ada').waitFor();
    await picture(page, `beside-narrow-${COLOR_SCHEME}`);
  },
  { colorScheme: COLOR_SCHEME },
);
