// The data of the Execute panel: checked as it is typed, formatted, saved, chosen again, renamed, deleted; and what ran lately.
import { enter, openFunction, picture, scenario } from '../browser.mjs';

const { COLOR_SCHEME } = process.env;

await scenario(
  async (page, seen) => {
    await enter(page);
    await openFunction(page);
    const panel = page.getByRole('complementary', { name: 'Execute' });
    const data = panel.getByRole('textbox', { name: 'Data' });
    const execute = panel.getByRole('button', { name: 'Execute', exact: true });
    const choice = panel.getByRole('combobox', { name: 'Saved and recent data' });

    await data.fill('{"order": 1,\n "paid" true}');
    const problem = panel.getByRole('button', { name: /^Line 2/ });
    seen.problem = await problem.innerText();
    await picture(page, `data-problem-${COLOR_SCHEME}`);
    await problem.click();
    seen.cursor = await data.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
    // It is a warning: the text can be sent all the same.
    seen.canBeSent = await execute.isEnabled();
    await data.fill('{"order":1,"paid":true}');
    await panel.getByRole('button', { name: 'Format' }).click();
    seen.formatted = await data.inputValue();
    // Tab leaves the editor, as it leaves any field.
    await data.press('Tab');
    seen.focusLeft = await data.evaluate((area) => document.activeElement !== area);

    await panel.getByRole('button', { name: 'Save data…' }).click();
    const save = page.getByRole('dialog', { name: 'Save data' });
    await save.getByLabel('Name').fill('An order');
    await save.getByRole('button', { name: 'Save' }).click();
    await save.waitFor({ state: 'detached' });
    await execute.click();
    await page.getByRole('table', { name: 'Executions' }).getByText('completed').first().waitFor();

    await data.fill('another');
    await execute.click();
    await page.getByRole('table', { name: 'Executions' }).getByText('completed').nth(1).waitFor();
    await choice.focus();
    await choice.locator('option', { hasText: 'another' }).waitFor({ state: 'attached' });
    seen.groups = await choice.locator('optgroup').evaluateAll((groups) => groups.map((group) => [group.label, group.children.length]));
    await choice.selectOption({ label: 'An order (changed)' }).catch(() => choice.selectOption({ label: 'An order' }));
    seen.chosen = await data.inputValue();

    // Over what has that name.
    await data.fill('changed');
    await panel.getByRole('button', { name: 'Save data…' }).click();
    seen.nameBefore = await save.getByLabel('Name').inputValue();
    seen.warning = await save.getByRole('status').innerText();
    await picture(page, `data-save-${COLOR_SCHEME}`);
    await save.getByRole('button', { name: 'Overwrite' }).click();
    await save.waitFor({ state: 'detached' });

    await choice.selectOption({ label: 'Rename or delete…' });
    const manage = page.getByRole('dialog', { name: 'Saved data' });
    const name = manage.getByRole('textbox', { name: 'Name of An order' });
    await name.fill('The order');
    await name.press('Tab');
    await manage.getByRole('button', { name: 'Delete The order' }).waitFor();
    await picture(page, `data-manage-${COLOR_SCHEME}`);
    await manage.getByRole('button', { name: 'Delete The order' }).click();
    const question = page.getByRole('dialog', { name: 'Delete The order?' });
    seen.question = await question.innerText();
    await question.getByRole('button', { name: 'Delete', exact: true }).click();
    await manage.getByText('Nothing is saved.').waitFor();
    await manage.getByRole('button', { name: 'Close' }).click();
    await manage.waitFor({ state: 'detached' });
    // What was typed stays what it was.
    seen.left = await data.inputValue();
  },
  { colorScheme: COLOR_SCHEME },
);
