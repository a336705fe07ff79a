// Press "Execute" and watch: stdout appears while the function still runs, then stderr, then the end.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

await scenario(
  async (page, seen) => {
    await enter(page);
    await picture(page, `functions-${process.env.COLOR_SCHEME}`);
    await openFunction(page);
    await picture(page, `function-before-${process.env.COLOR_SCHEME}`);
    await page.getByRole('textbox', { name: 'Data' }).fill('{"who": "browser"}');
    await page.getByRole('button', { name: 'Execute', exact: true }).click();

    const log = page.getByRole('log', { name: 'stdout' });
    await log.getByText('begun').waitFor();
    seen.whileRunning = await page.getByRole('table', { name: 'Executions' }).getByRole('row').nth(1).innerText();
    await log.getByText('data is {"who": "browser"}').waitFor();
    await page.getByRole('table', { name: 'Executions' }).getByText('completed').first().waitFor();
    seen.stdout = await lines(log);
    await picture(page, `function-after-${process.env.COLOR_SCHEME}`);

    await page.getByRole('tab', { name: 'stderr' }).click();
    const errors = page.getByRole('log', { name: 'stderr' });
    await errors.getByText('a warning').waitFor();
    seen.stderr = await lines(errors);

    // By keyboard, from inside the editor; the run fails this time and its cause comes up by itself.
    const editor = page.getByRole('textbox', { name: 'Data' });
    await editor.fill('fail');
    await editor.press('Control+Enter');
    await page.getByRole('table', { name: 'Executions' }).getByText('failed').first().waitFor();
    seen.rows = await page.getByRole('table', { name: 'Executions' }).getByRole('row').count();
    await picture(page, `function-failed-${process.env.COLOR_SCHEME}`);
  },
  { colorScheme: process.env.COLOR_SCHEME },
);

/** The lines of a log without their times. */
async function lines(log) {
  return (await log.innerText()).split('\n').map((line) => line.replace(/^[\d:.]+\s*/, '')).filter((line) => line !== '');
}
