import { describe, expect, test } from 'vitest';
import { hrefOf, listPlace, parsePlace, tokenOf, type Place } from './routes';

describe('places', () => {
  const places: [string, Place][] = [
    ['/functions', { page: 'functions', search: '', offset: 0 }],
    ['/functions?search=php+8&offset=25', { page: 'functions', search: 'php 8', offset: 25 }],
    ['/functions/hello', { page: 'function', functionId: 'hello', tab: 'executions', executionId: null }],
    ['/functions/hello/executions/6744f3b95e', { page: 'function', functionId: 'hello', tab: 'executions', executionId: '6744f3b95e' }],
    ['/functions/hello/executions/6744f3b95e?view=stderr', { page: 'function', functionId: 'hello', tab: 'executions', executionId: '6744f3b95e', view: 'stderr' }],
    [
      '/functions/hello/executions/6744f3b95e?view=compare&beside=6744f1de20',
      { page: 'function', functionId: 'hello', tab: 'executions', executionId: '6744f3b95e', view: 'compare', beside: '6744f1de20' },
    ],
    ['/functions/hello/code', { page: 'function', functionId: 'hello', tab: 'code' }],
    ['/functions/hello/code?from=6744f1de20&to=6744f3b95e', { page: 'function', functionId: 'hello', tab: 'code', compare: { from: '6744f1de20', to: '6744f3b95e' } }],
    ['/functions/hello/triggers', { page: 'function', functionId: 'hello', tab: 'triggers' }],
    ['/functions/hello/settings', { page: 'function', functionId: 'hello', tab: 'settings' }],
    ['/events', { page: 'events', eventId: null, withoutExecutions: false, search: '', offset: 0 }],
    ['/events/6744f3b95e?search=users&offset=25&executions=no', { page: 'events', eventId: '6744f3b95e', withoutExecutions: true, search: 'users', offset: 25 }],
    ['/functions/hello/usage', { page: 'function', functionId: 'hello', tab: 'usage', range: '24h' }],
    ['/functions/hello/usage?range=30d', { page: 'function', functionId: 'hello', tab: 'usage', range: '30d' }],
    ['/activity', { page: 'activity', kind: null }],
    ['/activity?kind=people', { page: 'activity', kind: 'people' }],
    ['/users', { page: 'users', search: '', offset: 0 }],
    ['/users?search=ada%40example.com&offset=25', { page: 'users', search: 'ada@example.com', offset: 25 }],
    ['/users/ada', { page: 'user', userId: 'ada' }],
    ['/teams?offset=50', { page: 'teams', search: '', offset: 50 }],
    ['/teams/editors', { page: 'team', teamId: 'editors', search: '', offset: 0 }],
    ['/teams/editors?search=ada', { page: 'team', teamId: 'editors', search: 'ada', offset: 0 }],
    ['/keys?search=ci', { page: 'keys', search: 'ci', offset: 0 }],
    ['/webhooks?search=ci&offset=25', { page: 'webhooks', search: 'ci', offset: 25 }],
    ['/webhooks/6744f3b95e', { page: 'webhook', webhookId: '6744f3b95e', deliveryId: null, search: '', offset: 0 }],
    ['/webhooks/6744f3b95e/deliveries/6744f3c000?search=failed', { page: 'webhook', webhookId: '6744f3b95e', deliveryId: '6744f3c000', search: 'failed', offset: 0 }],
    ['/settings', { page: 'settings' }],
  ];

  test.each(places)('%s is read and written the same', (href, place) => {
    const url = new URL(href, 'http://x');
    expect(parsePlace(url.pathname, url.search)).toEqual(place);
    expect(hrefOf(place, null)).toBe(href);
  });

  test('the root is the list of functions', () => {
    expect(parsePlace('/')).toEqual(listPlace('functions'));
  });

  test('a project other than the first is named', () => {
    expect(hrefOf({ page: 'function', functionId: 'hello', tab: 'code' }, 'shop')).toBe('/functions/hello/code?project=shop');
    expect(hrefOf({ page: 'users', search: 'ada', offset: 0 }, 'shop')).toBe('/users?project=shop&search=ada');
    expect(hrefOf({ page: 'settings' }, 'shop')).toBe('/settings?project=shop');
  });

  test.each([
    '/events/a/b',
    '/functions/a/triggers/x',
    '/functions/a/code/x',
    '/functions/a/executions/b/c',
    '/functions/%E0%A4%A',
    '/users/a/sessions',
    '/functions/a/usage/x',
    '/keys/first',
    '/activity/first',
    '/webhooks/a/deliveries',
    '/webhooks/a/secrets/b',
    '/settings/platforms',
  ])('%s is no place of the console', (path) => {
    expect(parsePlace(path)).toEqual({ page: 'unknown', path });
  });

  test('a nonsense range or kind is the usual one', () => {
    expect(parsePlace('/functions/a/usage', '?range=1y')).toMatchObject({ range: '24h' });
    expect(parsePlace('/activity', '?kind=weather')).toMatchObject({ kind: null });
  });

  test('a nonsense offset is the first page', () => {
    expect(parsePlace('/functions', '?offset=-3')).toMatchObject({ offset: 0 });
    expect(parsePlace('/functions', '?offset=two')).toMatchObject({ offset: 0 });
  });
});

test('the token is taken from the fragment alone', () => {
  expect(tokenOf('#token=ab12')).toBe('ab12');
  expect([tokenOf(''), tokenOf('#'), tokenOf('#token='), tokenOf('#section')]).toEqual([null, null, null, null]);
});
