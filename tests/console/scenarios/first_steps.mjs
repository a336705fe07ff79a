// From an empty project to a save that is live: sample in a folder, execute, read the log, change the file, read again.
import { readFileSync, writeFileSync } from 'node:fs';
import { enter, picture, scenario } from '../browser.mjs';

const { FOLDER, COLOR_SCHEME } = process.env;

await scenario(
  async (page, seen) => {
    await enter(page);
    const begun = Date.now();
    const steps = page.getByRole('region', { name: 'First steps' });
    await steps.waitFor();
    seen.first = await steps.locator('[aria-current=step]').innerText();
    await picture(page, `first-steps-${COLOR_SCHEME}`);
    await steps.getByRole('link', { name: 'Make a function' }).click();
    const dialog = page.getByRole('dialog', { name: 'New function' });
    await dialog.getByText('Sample').click();
    await dialog.getByLabel('Runtime').selectOption('node-20.0');
    const folder = dialog.getByLabel('Folder for its code');
    seen.suggested = await folder.inputValue();
    await folder.fill(FOLDER);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.waitFor({ state: 'detached' });

    // Its code is live a moment after it was linked.
    const execute = page.getByRole('button', { name: 'Execute', exact: true });
    await page.getByRole('textbox', { name: 'Data' }).fill('Ada');
    await page.waitForFunction(() => [...document.querySelectorAll('button')].some((one) => one.textContent.trim().startsWith('Execute') && !one.disabled));
    await execute.click();
    const log = page.getByRole('log', { name: 'stdout' });
    await log.getByText('Hello, Ada!').waitFor();
    await steps.getByText('Execute it').and(steps.locator('span')).first().waitFor();
    seen.second = await steps.locator('[aria-current=step]').innerText();
    await picture(page, `first-steps-executed-${COLOR_SCHEME}`);

    const file = `${FOLDER}/index.js`;
    writeFileSync(file, readFileSync(file, 'utf8').replace('Hello,', 'Good morning,'));
    // What is there tells that it became live: the step is done.
    await steps.getByText('You are under way').waitFor();
    await execute.click();
    await log.getByText('Good morning, Ada!').waitFor();
    seen.tookMs = Date.now() - begun;
    await picture(page, `first-steps-done-${COLOR_SCHEME}`);

    await page.reload();
    await execute.waitFor();
    // Once the page knows how far somebody is, it asks for nothing of it any more.
    await page.waitForResponse((response) => response.url().endsWith('/welcome') && response.ok()).catch(() => undefined);
    seen.after = await steps.count();
  },
  { colorScheme: COLOR_SCHEME },
);
