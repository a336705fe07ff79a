// A failed execution is replayed on its tag and on another one, by mouse and by keyboard; both outputs side by side.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

const { COLOR_SCHEME, FIRST_TAG, SECOND_TAG } = process.env;

await scenario(
  async (page, seen) => {
    await enter(page);
    await openFunction(page);
    const detail = page.getByRole('article');
    const rows = page.getByRole('table', { name: 'Executions' }).getByRole('row');
    await detail.getByText('failed').first().waitFor();
    const original = await detail.getAttribute('aria-label');

    // The same once more: identical but for what the time writes.
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByRole('article', { name: original }).waitFor({ state: 'detached' });
    seen.focus = await page.evaluate(() => document.activeElement?.id);
    await detail.getByText('failed').first().waitFor();
    await detail.getByRole('tab', { name: 'Compare' }).click();
    const compared = detail.getByRole('group', { name: 'Compared' });
    await compared.waitFor();
    seen.same = await compared.getByRole('button').allInnerTexts();
    await picture(page, `replay-same-${COLOR_SCHEME}`);

    // On another tag, by keyboard alone.
    await detail.getByRole('link', { name: 'Replay of' }).click();
    await page.getByRole('article', { name: original }).waitFor();
    const other = page.getByRole('button', { name: 'Replay on another tag…' });
    await other.waitFor();
    await other.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Replay on another tag' });
    const tag = dialog.getByRole('combobox', { name: 'Tag' });
    await tag.selectOption(SECOND_TAG);
    seen.options = await tag.getByRole('option').allInnerTexts();
    await picture(page, `replay-dialog-${COLOR_SCHEME}`);
    await tag.focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await detail.getByText('completed').first().waitFor();
    await detail.getByRole('tab', { name: 'Compare' }).click();
    const side = detail.getByRole('table', { name: 'stdout, side by side' });
    await side.waitFor();
    seen.verdicts = await compared.getByRole('button').allInnerTexts();
    seen.head = await detail.getByRole('table', { name: 'Before and now' }).getByRole('row').allInnerTexts();
    seen.diff = await side.getByRole('row').evaluateAll((found) =>
      found.map((row) => [...row.querySelectorAll('[role=cell]')].map((cell) => cell.querySelector('.text')?.innerText.replace(/\s+/g, ' ') ?? null)),
    );
    const step = detail.getByRole('status').filter({ hasText: 'difference' });
    seen.step = await step.innerText();
    await detail.getByRole('button', { name: 'Next difference' }).click();
    seen.next = await step.innerText();
    await picture(page, `replay-compare-${COLOR_SCHEME}`);
    await page.setViewportSize({ width: 900, height: 900 });
    await picture(page, `replay-compare-narrow-${COLOR_SCHEME}`);
    await page.setViewportSize({ width: 1440, height: 900 });

    const replayed = await detail.getAttribute('aria-label');
    // Another tag than the active one, from the Execute panel.
    const panel = page.getByRole('complementary', { name: 'Execute' });
    await panel.getByRole('combobox', { name: 'Tag' }).selectOption(SECOND_TAG);
    await panel.getByRole('textbox', { name: 'Data' }).fill('');
    await panel.getByRole('button', { name: 'Execute', exact: true }).click();
    await rows.nth(4).waitFor();
    await page.getByRole('article', { name: replayed }).waitFor({ state: 'detached' });
    await detail.getByText('completed').first().waitFor();
    seen.executed = await detail.getByText(SECOND_TAG.slice(0, 10)).count();
    // What repeats nothing is compared with the run before it.
    await detail.getByRole('tab', { name: 'Compare' }).click();
    await compared.waitFor();
    seen.besideWithoutReplay = await detail.getByLabel('Compare with').locator('option:checked').innerText();
    seen.tags = [FIRST_TAG, SECOND_TAG];
  },
  { colorScheme: COLOR_SCHEME },
);
