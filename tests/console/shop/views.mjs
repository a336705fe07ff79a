// Every page of the console and every state that looks like nothing else, with how one gets there. `make screenshots` takes
// a picture of each, the test of accessibility looks into each; a page that is missing here is seen by neither.
//
// A view is a path and, where a click leads on, what is done then; it has arrived when `until` is there.

/** `ids` as fill.mjs's `happen` answers them. */
export function views(ids) {
  const fn = (rest = '') => `/functions/resize-avatar${rest}`;
  const button = (name) => (page) => page.getByRole('button', { name, exact: true }).first().click();
  const dialog = (page) => page.getByRole('dialog');
  const table = (name) => (page) => page.getByRole('table', { name }).locator('tr[data-row], tbody tr:not([aria-hidden])').first();
  const text = (words) => (page) => page.getByText(words).first();
  const opened = (name, path, label) => ({ name, path, act: button(label), until: dialog });

  return [
    { name: 'functions', path: '/functions', until: table('Functions') },
    { name: 'function-failed', path: fn(`/executions/${ids.failed}`), until: (page) => page.getByRole('log', { name: 'stderr' }), narrow: true },
    {
      name: 'function-stdout',
      path: fn(`/executions/${ids.failed}`),
      act: (page) => page.getByRole('tab', { name: /^stdout/ }).click(),
      until: (page) => page.getByRole('log', { name: 'stdout' }).getByText('decoded'),
      narrow: true,
    },
    { name: 'execution-data', path: fn(`/executions/${ids.failed}`), act: (page) => page.getByRole('tab', { name: 'Data' }).click(), until: text('avatars/grace.heic') },
    { name: 'execution-running', path: `/functions/import-csv/executions/${ids.running}`, until: text('imported rows'), narrow: true },
    { name: 'execution-compare', path: fn(`/executions/${ids.replay}`), act: (page) => page.getByRole('tab', { name: 'Compare' }).click(), until: text(/same|differ/i) },
    {
      name: 'execute-event',
      path: fn(),
      act: async (page) => {
        // Under 640 px the panel is a sheet that is opened first.
        const handle = page.getByRole('button', { name: 'Data and execute' });
        if (await handle.isVisible()) await handle.click();
        await page.getByLabel('Trigger').selectOption('event');
      },
      until: text('JSON ✓'),
      narrow: true,
    },
    { name: 'execute-mistake', path: fn(), act: (page) => page.getByRole('textbox', { name: 'Data' }).fill('{"sizes" 64}'), until: text('a colon is missing') },
    { name: 'execution-gone', path: fn('/executions/nowhere'), until: text('This execution is not here') },
    { name: 'function-code', path: fn('/code'), until: table('Tags'), narrow: true },
    { name: 'function-code-compare', path: fn(`/code?from=${ids.tags[1]}&to=${ids.tags[0]}`), until: text('index.js') },
    { name: 'function-triggers', path: '/functions/nightly-report/triggers', until: text('Schedule'), narrow: true },
    { name: 'function-usage', path: fn('/usage'), until: (page) => page.locator('canvas').first(), narrow: true },
    { name: 'function-usage-30d', path: fn('/usage?range=30d'), until: (page) => page.locator('canvas').first() },
    { name: 'function-settings', path: '/functions/nightly-report/settings', until: text('Variables'), narrow: true },
    { name: 'function-no-code', path: '/functions/thumbnailer', until: text('Nothing can run yet') },
    { name: 'function-no-code-tags', path: '/functions/thumbnailer/code', until: (page) => page.getByRole('button', { name: 'Upload code' }).first() },
    { name: 'function-gone', path: '/functions/nowhere', until: text('There is no function') },
    { name: 'events', path: '/events', until: table('Events'), narrow: true },
    { name: 'event', path: `/events/${ids.event}`, until: text('Emit again'), narrow: true },
    { name: 'users', path: '/users', until: table('Users') },
    { name: 'user', path: '/users/ada', until: table('Sessions'), narrow: true },
    { name: 'teams', path: '/teams', until: table('Teams') },
    { name: 'team', path: '/teams/warehouse', until: table('Members'), narrow: true },
    { name: 'keys', path: '/keys', until: table('API keys') },
    { name: 'webhooks', path: '/webhooks', until: table('Webhooks') },
    { name: 'webhook', path: `/webhooks/${ids.staging}`, until: table('Deliveries'), narrow: true },
    { name: 'delivery', path: `/webhooks/${ids.webhook}/deliveries/${ids.delivery}`, until: text('Send again'), narrow: true },
    { name: 'activity', path: '/activity', until: table('Activity'), narrow: true },
    { name: 'settings', path: '/settings', until: table('Platforms'), narrow: true },
    { name: 'nowhere', path: '/nowhere/at/all', until: text('/nowhere/at/all') },

    { name: 'functions-empty', path: '/functions?project=playground', until: text('drydock functions create') },
    { name: 'functions-no-match', path: '/functions?search=zebra', until: text('Nothing matches') },
    { name: 'events-empty', path: '/events?project=playground', until: text('drydock events emit') },
    { name: 'users-empty', path: '/users?project=playground', until: text('drydock users create') },
    { name: 'teams-empty', path: '/teams?project=playground', until: text('No teams') },
    { name: 'keys-empty', path: '/keys?project=playground', until: text('drydock keys create') },
    { name: 'webhooks-empty', path: '/webhooks?project=playground', until: text('No webhooks') },
    { name: 'activity-empty', path: '/activity?project=playground', until: (page) => page.getByRole('heading', { level: 1 }) },

    // What nobody wants to see: `unwell` are pages that the browser itself complains about.
    { name: 'functions-loading', path: '/functions', unwell: (page) => page.route('**/projects/default/functions?*', () => undefined), until: (page) => page.locator('[aria-busy="true"]').first() },
    { name: 'functions-error', path: '/functions', unwell: (page) => page.route('**/projects/default/functions?*', (route) => route.fulfill({ status: 500, json: { message: 'Server Error' } })), until: text('could not be loaded') },
    { name: 'function-error', path: fn(), unwell: (page) => page.route('**/functions/resize-avatar/executions?*', (route) => route.abort()), until: text('could not be loaded') },
    { name: 'offline', path: '/functions', unwell: (page) => page.route('**/stream', (route) => route.abort()), until: (page) => page.getByRole('button', { name: 'Try now' }), narrow: true },

    { name: 'palette', path: '/functions', act: (page) => page.keyboard.press('Control+k'), until: (page) => page.getByRole('option', { name: /resize-avatar/ }).first() },
    { name: 'palette-typed', path: fn(), act: (page) => page.keyboard.press('Control+k').then(() => page.getByRole('combobox', { name: 'Go to or do' }).fill('usage')), until: (page) => page.getByRole('option', { name: /Usage/ }).first() },
    { name: 'dialog-shortcuts', path: '/functions', act: (page) => page.keyboard.press('?'), until: dialog },
    opened('dialog-save-data', fn(), 'Save data…'),
    opened('dialog-new-function', '/functions', 'New function'),
    {
      name: 'dialog-new-sample',
      path: '/functions',
      act: (page) => button('New function')(page).then(() => page.getByRole('dialog').getByText('Sample').click()),
      until: (page) => page.getByLabel('Folder for its code'),
    },
    opened('dialog-new-project', '/functions', 'New project'),
    opened('dialog-upload', fn('/code'), 'Upload code'),
    opened('dialog-link', '/functions/price-sync/code', 'Link folder'),
    opened('dialog-delete-tag', fn('/code'), `Delete tag ${ids.tags.at(-1)}`),
    { name: 'dialog-replay', path: fn(`/executions/${ids.failed}`), act: button('Replay on another tag…'), until: dialog },
    opened('dialog-emit', '/events', 'Emit'),
    opened('dialog-new-user', '/users', 'New user'),
    opened('dialog-sign-in-as', '/users/grace', 'Sign in as…'),
    opened('dialog-new-team', '/teams', 'New team'),
    opened('dialog-member', '/teams/warehouse', 'Add member'),
    opened('dialog-new-key', '/keys', 'New key'),
    opened('dialog-new-webhook', '/webhooks', 'New webhook'),
    opened('dialog-signature', `/webhooks/${ids.webhook}`, 'Signature key…'),
    opened('dialog-platform', '/settings', 'Add platform'),
    opened('dialog-delete-function', '/functions/thumbnailer/settings', 'Delete function'),
  ];
}

/** Goes there and waits until it stands still: what was asked for is there, and nothing is on its way. */
export async function visit(page, origin, view) {
  const still = () => (view.unwell === undefined ? page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' }) : undefined);
  await view.unwell?.(page);
  await page.goto(origin + view.path);
  await still();
  if (view.act !== undefined) await view.act(page);
  await view.until(page).waitFor();
  await still();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.evaluate(() => document.fonts.ready);
}
