import { expect, test } from 'vitest';
import { PAYLOAD_LIMIT, payloadProblem } from './payload';

test('a payload that can be sent has no problem', () => {
  for (const text of ['null', '{"a": 1}', ' [1, 2] ', JSON.stringify('x'.repeat(PAYLOAD_LIMIT - 2))]) expect(payloadProblem(text)).toBe('');
});

test('one that cannot is told why', () => {
  expect(payloadProblem(' ')).toContain('at least null');
  expect(payloadProblem('{"a": }')).toContain('not JSON');
  expect(payloadProblem(JSON.stringify('x'.repeat(PAYLOAD_LIMIT - 1)))).toContain('65,537');
});
