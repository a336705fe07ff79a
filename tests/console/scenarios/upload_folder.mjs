// Code as a folder: picked in Upload code, dropped on New function, and an upload that is given up on its way.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { enter, goTo, openFunction, picture, scenario } from '../browser.mjs';

const FOLDER = join(process.env.FOLDER, 'greeting');
const FILES = {
  'index.js': "console.log(require('./lib/größe')(require('words').greeting), process.env.APPWRITE_FUNCTION_DATA);",
  'lib/größe.js': 'module.exports = (text) => text.length + " " + text;',
  [`lib/${'long/'.repeat(30)}name.js`]: '',
  'node_modules/words/index.js': "exports.greeting = 'hello from a folder';",
  '.gitignore': 'node_modules/\nbuild/\n',
  'build/out.js': '',
  '.env': 'SECRET=1',
  '.git/HEAD': 'ref: refs/heads/main',
};
for (const [path, content] of Object.entries(FILES)) {
  mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
  writeFileSync(join(FOLDER, path), content);
}

/** Hands a folder to the page as a file manager would: as the browser's own drag, whose entries are real ones. */
async function drop(page, target, path) {
  const { x, y, width, height } = await target.boundingBox();
  const cdp = await page.context().newCDPSession(page);
  const at = { x: x + width / 2, y: y + height / 2, data: { items: [], files: [path], dragOperationsMask: 1 } };
  for (const type of ['dragEnter', 'dragOver', 'drop']) await cdp.send('Input.dispatchDragEvent', { type, ...at });
}

async function printed(page) {
  await page.getByRole('tab', { name: 'Executions' }).click();
  await page.getByRole('button', { name: 'Execute', exact: true }).click();
  const line = page.getByRole('log', { name: 'stdout' }).getByText('hello from a folder');
  await line.waitFor();
  return (await line.innerText()).trim();
}

await scenario(async (page, seen) => {
  await enter(page);
  await openFunction(page);
  await page.getByRole('tab', { name: 'Code' }).click();
  await page.getByRole('button', { name: 'Upload code' }).click();
  const upload = page.getByRole('dialog', { name: 'Upload code' });
  await upload.getByLabel('a folder').focus();
  await upload.getByLabel('a folder').setInputFiles(FOLDER);
  await upload.getByText('Left out').waitFor();
  seen.picked = await upload.getByRole('group', { name: 'Code' }).innerText();
  seen.focus = await page.evaluate(() => document.activeElement.innerText);
  seen.leftOut = await upload.getByText('Left out').innerText();
  await picture(page, 'upload-folder');
  await upload.getByRole('button', { name: 'Upload' }).click();
  await upload.waitFor({ state: 'detached' });
  seen.ofPicked = await printed(page);

  await goTo(page, 'Functions');
  await page.getByRole('button', { name: 'New function' }).click();
  const making = page.getByRole('dialog', { name: 'New function' });
  await making.getByLabel('Name').fill('Dropped here');
  await drop(page, making.getByRole('group', { name: 'Code' }), FOLDER);
  await making.getByText('greeting/').waitFor();
  seen.dropped = await making.getByRole('group', { name: 'Code' }).innerText();
  await making.getByRole('button', { name: 'Create' }).click();
  await making.waitFor({ state: 'detached' });
  seen.ofDropped = await printed(page);

  // Something that does not shrink, over a slow line: there is time to think better of it.
  writeFileSync(join(FOLDER, 'noise.bin'), randomBytes(3_000_000));
  const cdp = await page.context().newCDPSession(page);
  await page.getByRole('tab', { name: 'Code' }).click();
  await page.getByRole('button', { name: 'Upload code' }).click();
  await upload.getByLabel('a folder').setInputFiles(FOLDER);
  await upload.getByText('greeting/').waitFor();
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 200_000 });
  await upload.getByRole('button', { name: 'Upload' }).click();
  await upload.getByText(/^Sending [1-9]/).waitFor();
  seen.progress = await upload.getByRole('progressbar').getAttribute('value');
  await picture(page, 'upload-progress');
  await upload.getByRole('button', { name: 'Stop' }).click();
  await upload.getByRole('progressbar').waitFor({ state: 'detached' });
  seen.failures = await upload.getByRole('alert').count();
  await upload.getByRole('button', { name: 'Cancel' }).click();
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  seen.tags = (await page.getByRole('table', { name: 'Tags' }).getByRole('row').count()) - 1;
});
