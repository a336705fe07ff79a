import { expect, test } from 'vitest';
import { leftOut, told } from './upload';

test('each step says how far it is', () => {
  expect(told({ at: 'packing', files: 12, ofFiles: 3400, bytes: 1_200_000, ofBytes: 4_800_000 })).toEqual({ words: 'Packing 12 of 3,400 files, 1.2 MB of 4.8 MB', share: 0.25 });
  expect(told({ at: 'sending', bytes: 500_000, ofBytes: 2_000_000 })).toEqual({ words: 'Sending 500 KB of 2 MB', share: 0.25 });
  expect(told({ at: 'sending', bytes: 2_000_000, ofBytes: 2_000_000 })).toEqual({ words: 'Sent 2 MB; the server unpacks it', share: null });
});

test('a folder of empty files is no division by nothing', () => {
  expect(told({ at: 'packing', files: 0, ofFiles: 1, bytes: 0, ofBytes: 0 }).share).toBe(1);
});

test('of what was left out the variables come first, and not everything is named', () => {
  const all = ['.DS_Store', '.git/', 'a.log', 'b.log', '.env'].map((path) => ({ path, why: 'w' }));
  expect([leftOut([]), leftOut(all)]).toEqual(['', 'Left out: .env (w), .DS_Store (w), .git/ (w), a.log (w) and 1 more']);
});
