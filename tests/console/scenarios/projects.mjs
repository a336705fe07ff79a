// A second project: made, left and found again; who may call it, how one signs in, which services answer.
import { FUNCTION_ID, api, enter, goTo, picture, scenario } from '../browser.mjs';

const PAGE = 'http://shop.example.com';

await scenario(async (page, seen) => {
  const address = () => page.url().replace(new URL(page.url()).origin, '');
  const functions = page.getByRole('table', { name: 'Functions' });
  const home = functions.getByText(FUNCTION_ID, { exact: true });
  const switcher = page.getByRole('combobox', { name: 'Project', exact: true });
  await enter(page);
  await home.waitFor();

  await page.getByRole('button', { name: 'New project' }).click();
  const dialog = page.getByRole('dialog', { name: 'New project' });
  await dialog.getByLabel('Name', { exact: true }).fill('Second home');
  await picture(page, 'new-project');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('heading', { name: 'Functions', exact: true }).waitFor();
  await home.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'New function' }).first().waitFor();
  seen.address = address();
  await picture(page, 'project-empty');

  await switcher.selectOption({ label: 'Default' });
  await home.waitFor();
  await page.reload();
  await home.waitFor();
  seen.afterReload = [address(), await switcher.inputValue()];
  // The address is enough, as for somebody who was sent it.
  await page.goto(new URL(seen.address, page.url()).href);
  await page.getByRole('button', { name: 'New function' }).first().waitFor();
  seen.byAddress = [await switcher.inputValue(), await home.isVisible()];

  await goTo(page, 'Settings');
  await page.getByRole('heading', { name: 'Platforms' }).waitFor();
  seen.settingsAddress = address();
  const server = page.getByRole('heading', { name: 'This server' });
  await server.scrollIntoViewIfNeeded();
  const terms = await page.getByRole('term').allInnerTexts();
  const values = await page.getByRole('definition').allInnerTexts();
  seen.server = Object.fromEntries(terms.map((term, at) => [term, values[at]]));
  await picture(page, 'settings-server');
  let people = 0;
  const signUp = async () => {
    people += 1;
    const person = { userId: `person-${people}`, email: `person-${people}@example.com`, password: 'a long password' };
    return (await api('POST', '/account', { 'x-appwrite-project': 'second-home', origin: PAGE }, person)).status;
  };
  seen.unknownPage = await signUp();
  await page.getByRole('button', { name: 'Add platform' }).click();
  const adding = page.getByRole('dialog', { name: 'Add platform' });
  await adding.getByLabel('Name', { exact: true }).fill('The shop');
  // Pasted whole; the host is meant.
  await adding.getByLabel('Host name').fill(`${PAGE}/basket`);
  await picture(page, 'add-platform');
  await adding.getByRole('button', { name: 'Add', exact: true }).click();
  const platform = page.getByRole('table', { name: 'Platforms' }).getByRole('row').filter({ hasText: 'The shop' });
  await platform.waitFor();
  seen.platform = await platform.getByRole('cell').nth(2).innerText();
  seen.knownPage = await signUp();

  const flip = async (group, name, checked) => {
    const switches = page.getByRole('group', { name: group });
    await switches.getByRole('switch', { name, exact: true }).setChecked(checked);
    // It can be switched again once the server has answered.
    await switches.getByRole('switch', { name, exact: true, checked, disabled: false }).waitFor();
  };
  await flip('Sign-in methods', 'E-mail, password', false);
  seen.methodOff = await signUp();
  await flip('Services', 'Account', false);
  seen.serviceOff = await signUp();
  await picture(page, 'project-settings');
  await page.reload();
  const method = page.getByRole('switch', { name: 'E-mail, password', exact: true });
  await method.waitFor();
  seen.stored = [await method.isChecked(), await page.getByRole('switch', { name: 'Account', exact: true }).isChecked()];
  await flip('Services', 'Account', true);
  await flip('Sign-in methods', 'E-mail, password', true);
  seen.allOn = await signUp();
});
