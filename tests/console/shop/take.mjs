// `make screenshots`: every view of a well-filled server, in both themes and two widths (a third where the layout differs), into
// target/screenshots. Also says which views move while they load (CLS), and when the first page had something to show.
//
//   node take.mjs [NAME…]     only the views whose names begin so
//   node take.mjs --docs      the small pictures of docs/pictures instead
//
// Told by environment: DRYDOCK_BIN, SCREENSHOTS; CONSOLE_ORIGIN to look at a console under development (`npm run dev` with
// DRYDOCK_DEV_SERVER at the port that DRYDOCK_PORT then must say).
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from '../../sdk/browser/chromium.mjs';
import { happen, make, receiver } from './fill.mjs';
import { serve } from './serve.mjs';
import { views, visit } from './views.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { DRYDOCK_BIN, SCREENSHOTS, CONSOLE_ORIGIN, DRYDOCK_PORT = '0' } = process.env;
const forDocs = process.argv.includes('--docs');
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('--'));
/** What the console calls good; the web's own bound for "good" is 0.1. */
const SHIFT_TO_TELL = 0.01;

const home = mkdtempSync(join(tmpdir(), 'drydock-shop-'));
const env = {
  DRYDOCK_DATA_DIR: join(home, 'data'),
  // Three months of history stay, and one execution at a time leaves others waiting.
  DRYDOCK_RETENTION__DAYS: '100',
  DRYDOCK_EXECUTIONS__MAX_CONCURRENT: '1',
};

const link = () => execFileSync(DRYDOCK_BIN, ['console'], { env: { ...process.env, ...env }, encoding: 'utf8' }).trim();

/** Counts what jumps: every shift that no click caused. */
function countShifts() {
  globalThis.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const nodes = entry.sources.map(({ node }) => (node instanceof Element ? `${node.tagName.toLowerCase()}.${node.className}` : (node?.parentElement?.tagName ?? '?')));
      globalThis.shifts.push({ value: entry.value, nodes });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

async function entered(browser, origin, options) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(30_000);
  await context.addInitScript(countShifts);
  const page = await context.newPage();
  const { hash } = new URL(link());
  await page.goto(`${origin}/${hash}`);
  await page.getByRole('table', { name: 'Functions' }).waitFor();
  return { context, page };
}

async function take(browser, origin, ids) {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const all = views(ids).filter(({ name }) => wanted.length === 0 || wanted.some((begin) => name.startsWith(begin)));
  const failed = [];
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [[1440, 900], [640, 900], [420, 900]]) {
      const { context, page } = await entered(browser, origin, { colorScheme, viewport: { width, height } });
      for (const view of all.filter(({ narrow }) => width > 420 || narrow)) {
        try {
          await visit(page, origin, view);
        } catch (error) {
          failed.push(`${view.name} ${colorScheme} ${width}: ${String(error).split('\n')[0]}`);
        }
        await page.screenshot({ path: join(SCREENSHOTS, `${view.name}-${width}-${colorScheme}.png`) });
        const shifts = await page.evaluate(() => globalThis.shifts);
        const sum = shifts.reduce((all, { value }) => all + value, 0);
        if (sum > SHIFT_TO_TELL && colorScheme === 'light') console.log(`moves while it loads: ${view.name} at ${width}: ${sum.toFixed(3)} ${JSON.stringify(shifts.flatMap(({ nodes }) => nodes).slice(0, 4))}`);
      }
      await context.close();
    }
  }
  // Nobody is in: the door.
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    await page.goto(origin);
    await page.getByText('drydock console').first().waitFor();
    await page.screenshot({ path: join(SCREENSHOTS, `door-1440-${colorScheme}.png`) });
    await context.close();
  }
  return failed;
}

const PICTURES = join(here, '../../../docs/pictures');
/** Who reads the README on a slow line waits for them. */
const MOST_BYTES = 150_000;

/** The same picture as WebP, a third of the size; made by the browser, which is there. */
async function smaller(context, png) {
  const page = await context.newPage();
  const base64 = await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.94).split(',')[1];
  }, png.toString('base64'));
  return Buffer.from(base64, 'base64');
}

/** The three that the documents show. */
async function takeForDocs(browser, origin, ids) {
  mkdirSync(PICTURES, { recursive: true });
  for (const [name, view, colorScheme] of [['function-light', 'function-stdout', 'light'], ['function-dark', 'function-failed', 'dark'], ['activity', 'activity', 'light']]) {
    const { context, page } = await entered(browser, origin, { colorScheme, viewport: { width: 1280, height: 720 } });
    await visit(page, origin, views(ids).find((one) => one.name === view));
    const path = join(PICTURES, `${name}.webp`);
    const webp = await smaller(context, await page.screenshot());
    const { length } = webp;
    writeFileSync(path, webp);
    if (length > MOST_BYTES) throw new Error(`${path} has ${length} bytes, more than ${MOST_BYTES}`);
    console.log(`${name}: ${length} bytes`);
    await context.close();
  }
}

/** Of five fresh browsers: from the request of a page to its first content. */
async function firstContent(origin) {
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    const browser = await launch();
    const { context, page } = await entered(browser, origin, {});
    await page.goto(`${origin}/functions`);
    await page.getByRole('table', { name: 'Functions' }).locator('tr[data-row]').first().waitFor();
    times.push(await page.evaluate(() => [performance.getEntriesByName('first-contentful-paint')[0].startTime, performance.now()]));
    await context.close();
    await browser.close();
  }
  const median = (at) => Math.round(times.map((pair) => pair[at]).sort((a, b) => a - b)[2]);
  console.log(`first content after ${median(0)} ms, the table filled by ${median(1)} ms (medians of 5, warm cache)`);
}

const hooks = await receiver();
let server = await serve(DRYDOCK_BIN, { home, env, port: DRYDOCK_PORT });
const browser = await launch();
try {
  const at = () => ({ drydock: DRYDOCK_BIN, env, link: link(), home, hooks: hooks.url });
  await make(at());
  await server.stop('SIGINT');
  execFileSync('python3', [join(here, 'history.py'), join(env.DRYDOCK_DATA_DIR, 'drydock.db')], { stdio: 'inherit' });
  server = await serve(DRYDOCK_BIN, { home, env, port: DRYDOCK_PORT });
  const ids = await happen(at());
  const origin = CONSOLE_ORIGIN ?? server.origin;
  if (forDocs) {
    await takeForDocs(browser, origin, ids);
  } else {
    const failed = await take(browser, origin, ids);
    if (wanted.length === 0) await firstContent(origin);
    for (const line of failed) console.error(`not reached: ${line}`);
    process.exitCode = failed.length === 0 ? 0 : 1;
  }
} finally {
  await browser.close();
  // Its data goes with it: nothing needs to end in good order.
  await server.stop('SIGKILL');
  hooks.close();
  rmSync(home, { recursive: true, force: true });
}
