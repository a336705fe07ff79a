// A folder linked from the console: made into a function, edited, broken, mended, compared, pinned, unlinked.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enter, goTo, picture, scenario } from '../browser.mjs';

const { FOLDER, COLOR_SCHEME } = process.env;
const write = (path, content) => writeFileSync(join(FOLDER, path), content);

await scenario(
  async (page, seen) => {
    mkdirSync(join(FOLDER, 'lib'), { recursive: true });
    write('index.js', "console.log(require('./lib/text'));\n");
    write('lib/text.js', "module.exports = 'first';\n");
    write('.env', 'SECRET=1\n');

    const tags = page.getByRole('table', { name: 'Tags' });
    const panel = page.getByRole('region', { name: 'Linked folder' });
    const change = panel.getByRole('group', { name: 'Last change' });
    /** What the function prints; each run prints one line. */
    const printed = async (text) => {
      await page.getByRole('tab', { name: 'Executions' }).click();
      await page.getByRole('button', { name: 'Execute', exact: true }).click();
      await page.getByRole('log', { name: 'stdout' }).getByText(text, { exact: true }).waitFor();
      await page.getByRole('tab', { name: 'Code' }).click();
    };

    await enter(page);
    await page.getByRole('button', { name: 'New function' }).first().click();
    const making = page.getByRole('dialog', { name: 'New function' });
    await making.getByText('Linked folder').click();
    await making.getByRole('textbox', { name: 'Folder' }).fill(`${FOLDER}-that-is-not-there`);
    seen.refused = await making.getByRole('alert').innerText();
    await making.getByRole('textbox', { name: 'Folder' }).fill(FOLDER);
    await making.getByText('From the folder').first().waitFor();
    seen.suggested = await Promise.all(['Name', 'ID', 'Runtime', 'Command'].map((label) => making.getByLabel(label, { exact: true }).inputValue()));
    seen.saysEnv = await making.getByText('.env').isVisible();
    await picture(page, `link-new-function-${COLOR_SCHEME}`);
    await making.getByRole('button', { name: 'Create' }).click();
    await making.waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'Code' }).click();
    await panel.getByText('watching').waitFor();
    await tags.getByText('active').waitFor();
    await printed('first');

    write('lib/text.js', "module.exports = 'second';\n");
    // Of this change alone: the first one was of all files.
    await change.getByText('lib/text.js', { exact: true }).waitFor();
    await change.getByText(/^live .* after save$/).waitFor();
    await tags.getByRole('row').nth(2).waitFor();
    seen.live = await change.innerText();
    await picture(page, `link-live-${COLOR_SCHEME}`);
    await printed('second');

    write('lib/text.js', "module.exports = 'third';\n\nconst = 1;\n");
    await panel.getByText('does not parse').waitFor();
    seen.errors = await panel.getByRole('list', { name: 'Errors' }).innerText();
    await tags.getByText('does not parse').waitFor();
    await picture(page, `link-broken-${COLOR_SCHEME}`);
    await printed('second');
    await goTo(page, 'Functions');
    seen.listed = await page.getByRole('table', { name: 'Functions' }).getByText('does not parse').locator('xpath=ancestor::td').innerText();
    await page.goBack();

    write('lib/text.js', "module.exports = 'third';\n");
    await change.getByText(/^live /).waitFor();
    await printed('third');

    // A branch switched, a drive unplugged: what ran keeps running until the folder is back.
    renameSync(FOLDER, `${FOLDER}-away`);
    await panel.getByText('folder is missing').waitFor();
    await picture(page, `link-missing-${COLOR_SCHEME}`);
    await printed('third');
    renameSync(`${FOLDER}-away`, FOLDER);
    await panel.getByText('watching').waitFor();

    // The newest row is the active one, so it is compared with the one before it: the one that does not parse.
    await tags.getByRole('row').nth(1).getByRole('link', { name: /Compare/ }).click();
    const lines = page.getByRole('table', { name: 'Lines of lib/text.js that differ' });
    await lines.getByText('const = 1;').waitFor();
    seen.lines = await lines.getByRole('row').allInnerTexts();
    seen.files = await page.getByRole('navigation', { name: 'Changed files' }).getByRole('button').count();
    await picture(page, `link-compare-${COLOR_SCHEME}`);
    // The same against the first one.
    const from = page.getByLabel('From');
    await from.selectOption({ index: (await from.locator('option').count()) - 1 });
    await lines.getByText("'first'").waitFor();
    seen.address = new URL(page.url()).pathname;
    await page.getByRole('link', { name: 'All tags' }).click();

    const oldest = tags.getByRole('row').last();
    await oldest.getByRole('button', { name: /^Pin/ }).click();
    await oldest.getByText('pinned').waitFor();
    await oldest.getByRole('button', { name: /^Unpin/ }).waitFor();

    await panel.getByRole('button', { name: 'Unlink' }).click();
    const asking = page.getByRole('dialog');
    seen.unlinking = await asking.innerText();
    await asking.getByRole('button', { name: 'Unlink' }).click();
    await panel.getByRole('button', { name: 'Link folder' }).waitFor();
    seen.tags = (await tags.getByRole('row').count()) - 1;

    // Linked again, from the tab this time: what is in the folder is what runs.
    write('lib/text.js', "module.exports = 'fourth';\n");
    await panel.getByRole('button', { name: 'Link folder' }).click();
    const linking = page.getByRole('dialog', { name: 'Link folder' });
    await linking.getByRole('textbox', { name: 'Folder' }).fill(FOLDER);
    await linking.getByRole('button', { name: 'Link' }).click();
    await linking.waitFor({ state: 'detached' });
    await change.getByText(/^live /).waitFor();
    await printed('fourth');
  },
  { colorScheme: COLOR_SCHEME },
);
