// The Usage tab: figures of every range, by the picker, in the address, in words and in the table; live.
import { FUNCTION_ID, api, enter, openFunction, picture, scenario, withKey } from '../browser.mjs';

const { COLOR_SCHEME: colorScheme = 'light' } = process.env;

await scenario(
  async (page, seen) => {
    await enter(page);
    await openFunction(page);
    await page.getByRole('tab', { name: 'Usage', exact: true }).click();
    const picker = page.getByRole('group', { name: 'Range' });
    const chart = (name) => page.getByRole('img', { name: new RegExp(`^${name}: `) });
    const table = page.getByRole('table', { name: 'Usage' });
    const shown = async (range) => {
      await page.getByRole('img', { name: new RegExp(`^Executions: .* in ${range}; `) }).waitFor();
      const names = ['Executions', 'Failures', 'Compute time'];
      return Promise.all(names.map((name) => chart(name).getAttribute('aria-label')));
    };

    await shown('24 hours');
    await page.getByText('Figures as a table').click();
    seen.ranges = {};
    for (const range of ['24 hours', '7 days', '30 days', '90 days']) {
      await picker.getByRole('radio', { name: range }).check();
      const said = await shown(range);
      const rows = await table.getByRole('row').allInnerTexts();
      const notice = page.getByRole('note');
      seen.ranges[range] = {
        said,
        rows: rows.length - 1,
        filled: rows.slice(1).map((row) => row.split(/\s*\t\s*/)).filter(([, executions]) => executions !== '0'),
        address: new URL(page.url()).search,
        missing: (await notice.count()) > 0 ? await notice.innerText() : null,
      };
      if (range === '30 days') await picture(page, `usage-30d-${colorScheme}`);
    }
    await page.reload();
    await shown('90 days');
    seen.afterReload = await picker.getByRole('radio', { name: '90 days' }).isChecked();

    // By keyboard: the newest bar, then back to the one before.
    await picker.getByRole('radio', { name: '7 days' }).check();
    await shown('7 days');
    await chart('Executions').focus();
    const pointed = page.getByRole('status', { name: 'Figures of what is pointed at' });
    seen.pointed = [];
    for (const key of ['ArrowRight', 'ArrowLeft', 'Home']) {
      await page.keyboard.press(key);
      seen.pointed.push(await pointed.innerText());
    }
    await page.keyboard.press('End');
    await picture(page, `usage-7d-${colorScheme}`);

    // What runs meanwhile is counted, and the focus stays where it is.
    const before = await shown('7 days');
    await api('POST', `/functions/${FUNCTION_ID}/executions`, withKey(), { data: '3' });
    await page.getByRole('img', { name: new RegExp(`^Failures: ${process.env.FAILURES_THEN} in 7 days`) }).waitFor();
    seen.before = before[1];
    seen.focusStays = await chart('Executions').evaluate((element) => element === document.activeElement);

    await picker.getByRole('radio', { name: '24 hours' }).check();
    await shown('24 hours');
    await picture(page, `usage-24h-${colorScheme}`);
    await page.setViewportSize({ width: 420, height: 900 });
    await page.evaluate(() => document.fonts.ready);
    await picture(page, `usage-narrow-${colorScheme}`);
    seen.overflows = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  },
  { colorScheme },
);
