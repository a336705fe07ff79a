import { expect, test } from 'vitest';
import { Doing } from './doing.svelte';

test('what is under way is not begun a second time, and the next time forgets why the last one failed', async () => {
  const doing = new Doing();
  let begun = 0;
  let fail: (why: Error) => void = () => undefined;
  const act = () => {
    begun += 1;
    return new Promise<void>((_, reject) => (fail = reject));
  };

  const first = doing.run(act);
  await doing.run(act);
  expect([begun, doing.busy]).toEqual([1, true]);

  fail(new Error('the disk is full'));
  await first;
  expect([doing.busy, doing.error]).toEqual([false, new Error('the disk is full')]);

  await doing.run(() => Promise.resolve());
  expect([doing.busy, doing.error]).toEqual([false, null]);
});
