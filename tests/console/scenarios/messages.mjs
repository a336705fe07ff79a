// What happens out of sight is told: an execution that ends while one is on another page, and a copy made by the palette.
import { execFileSync } from 'node:child_process';
import { enter, goTo, openFunction, picture, scenario } from '../browser.mjs';

const { DRYDOCK_BIN, DRYDOCK_DATA_DIR, COLOR_SCHEME } = process.env;

await scenario(
  async (page, seen) => {
    await enter(page);
    await openFunction(page);
    await page.getByRole('button', { name: 'Execute', exact: true }).click();
    const running = page.getByRole('article', { name: /^Execution / });
    await running.getByText('processing').first().waitFor();
    const id = (await running.getAttribute('aria-label')).split(' ')[1];
    await goTo(page, 'Webhooks');
    await page.getByRole('heading', { name: 'Webhooks', level: 1 }).waitFor();
    execFileSync(DRYDOCK_BIN, ['cancel', id], { env: { ...process.env, DRYDOCK_DATA_DIR } });

    const messages = page.getByRole('status', { name: 'Messages' });
    await messages.getByText('failed').waitFor();
    seen.ended = await messages.innerText();
    await picture(page, `message-${COLOR_SCHEME}`);
    await messages.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('article', { name: `Execution ${id}` }).waitFor();
    seen.left = await messages.innerText();

    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to or do' }).waitFor();
    await page.keyboard.type('copy endpoint');
    await page.keyboard.press('Enter');
    await messages.getByText('The endpoint is copied').waitFor();
    seen.copied = await page.evaluate(() => navigator.clipboard.readText());
    await messages.getByRole('button', { name: 'Close: The endpoint is copied' }).click();
    await messages.getByText('The endpoint is copied').waitFor({ state: 'detached' });
  },
  { colorScheme: COLOR_SCHEME },
);
