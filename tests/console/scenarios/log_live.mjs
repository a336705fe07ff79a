// A log that grows by a thousand lines a second while it is watched, followed, paused and searched; then one of ten
// megabytes that is over. What the page was busy with longer than 50 ms is noted; the figures are for bench/ to judge.
import { api, copied, enter, openFunction, picture, scenario, withKey } from '../browser.mjs';

const { LIVE_SECS = '3', LARGE_LINES = '90000' } = process.env;

await scenario(async (page, seen) => {
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longTasks.push(duration);
    }).observe({ type: 'longtask' });
  });
  const tasks = () => page.evaluate(() => window.longTasks.splice(0));
  await enter(page);
  await openFunction(page);
  const data = page.getByRole('textbox', { name: 'Data' });
  const log = page.getByRole('log', { name: 'stdout' });
  const line = (number) => log.getByText(new RegExp(`^line ${number} of `)).first();
  const execute = page.getByRole('button', { name: 'Execute', exact: true });
  const newest = page.getByRole('table', { name: 'Executions' }).getByRole('row').nth(1);
  // The first one also measures what a page does that was just opened.
  await data.fill(JSON.stringify({ secs: 0, lines: 3 }));
  await execute.click();
  await line(3).waitFor();
  // That the browser tells of such tasks at all.
  await page.evaluate(() => setTimeout(() => {
    const end = performance.now() + 120;
    while (performance.now() < end);
  }));
  await page.waitForFunction(() => window.longTasks.some((duration) => duration >= 100));
  await tasks();

  const lines = Number(LIVE_SECS) * 1000;
  await data.fill(JSON.stringify({ secs: Number(LIVE_SECS), lines }));
  await execute.click();
  await line('\\d{2,}').waitFor();
  seen.whileRunning = await newest.innerText();
  // While it is followed the last lines are on the screen; paused they stay, and what came is counted.
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const place = () => log.evaluate((view) => view.scrollTop);
  const paused = await place();
  await page.getByText(/^\d[\d,]* new lines$/).waitFor();
  seen.staysWhilePaused = (await place()) === paused;
  await page.getByRole('button', { name: 'Follow', exact: true }).click();
  await newest.getByText('completed').waitFor({ timeout: Number(LIVE_SECS) * 1000 + 20_000 });
  await line(lines).waitFor();
  seen.liveTasksMs = await tasks();
  seen.liveLines = await page.getByRole('tab', { name: 'stdout' }).innerText();

  // One that is over: opened anew, as from a link.
  const made = await api('POST', `/functions/${process.env.FUNCTION_ID}/executions`, withKey(), {
    data: JSON.stringify({ secs: 0, lines: Number(LARGE_LINES) }),
  });
  await newest.getByText('completed').waitFor();
  await page.waitForFunction((id) => document.querySelector('tr[data-row] a')?.getAttribute('title') === id, made.body.$id);
  await tasks();
  let begun = Date.now();
  await newest.getByRole('link').first().click();
  await page.getByRole('tab', { name: `stdout ${Number(LARGE_LINES).toLocaleString('en')}` }).waitFor({ timeout: 30_000 });
  seen.openMs = Date.now() - begun;
  seen.openTasksMs = await tasks();
  await picture(page, 'log-large');

  begun = Date.now();
  await page.getByRole('textbox', { name: 'Find in log' }).fill(`line ${LARGE_LINES}`);
  await page.getByText('1 / 1', { exact: true }).waitFor();
  seen.searchMs = Date.now() - begun;
  seen.searchTasksMs = await tasks();
  // What is found is marked, and brought to the screen.
  const match = log.getByText(`line ${LARGE_LINES}`, { exact: true });
  await match.waitFor();

  await page.getByRole('button', { name: 'Wrap' }).click();
  await match.waitFor();
  seen.wrapTasksMs = await tasks();
  const text = await copied(page.getByRole('button', { name: /copy log/i }));
  seen.copyTasksMs = await tasks();
  seen.copiedLines = text.trimEnd().split('\n').length;
  seen.copiedBytes = text.length;
  seen.rowsInPage = await log.evaluate((view) => view.querySelectorAll('*').length);
});
