// By keyboard alone: to a function's tab, to an execution by its id, a theme, the dialog of a new function; and the keys' help.
import { enter, picture, scenario } from '../browser.mjs';

const { COLOR_SCHEME, EXECUTION } = process.env;

await scenario(
  async (page, seen) => {
    await enter(page);
    const field = page.getByRole('combobox', { name: 'Go to or do' });
    const options = page.getByRole('listbox', { name: 'Results' }).getByRole('option');
    const open = async (text) => {
      await page.keyboard.press('Control+k');
      await field.waitFor();
      await page.keyboard.type(text);
    };
    const chosen = () => page.getByRole('listbox', { name: 'Results' }).getByRole('option', { selected: true }).innerText();

    await page.keyboard.press('Control+k');
    await options.first().waitFor();
    seen.focus = await page.evaluate(() => document.activeElement?.getAttribute('role'));
    seen.active = await field.evaluate((input) => document.getElementById(input.getAttribute('aria-activedescendant'))?.getAttribute('aria-selected'));
    await page.getByRole('option', { name: /greeter/ }).first().waitFor();
    await picture(page, `palette-${COLOR_SCHEME}`);
    await page.keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });

    await open('usage gree');
    await page.getByRole('option', { name: /Greeter › Usage/ }).waitFor();
    seen.first = await chosen();
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { name: 'Usage', selected: true }).waitFor();
    seen.usage = new URL(page.url()).pathname;

    await open(EXECUTION);
    await page.getByRole('option', { name: new RegExp(EXECUTION) }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: `Execution ${EXECUTION}` }).waitFor();

    await open('execute');
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: 'Executions' }).getByRole('row').nth(2).waitFor();

    await open(COLOR_SCHEME === 'light' ? 'dark' : 'light');
    await page.keyboard.press('Enter');
    seen.theme = await page.evaluate(() => document.documentElement.dataset.theme);

    await open('webhooks');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();

    await open('zzzzqqq');
    await page.getByText('Nothing fits.').waitFor();
    await page.keyboard.press('Escape');

    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.waitFor();
    seen.help = await help.innerText();
    await picture(page, `keys-${COLOR_SCHEME}`);
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });

    await open('new fun');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'New function' }).waitFor();
    // Over what is being filled in there is no palette.
    await page.keyboard.press('Control+k');
    seen.overDialog = await field.count();
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 420, height: 800 });
    await page.getByRole('button', { name: 'Go to…' }).click();
    await options.first().waitFor();
    await picture(page, `palette-narrow-${COLOR_SCHEME}`);
  },
  { colorScheme: COLOR_SCHEME },
);
