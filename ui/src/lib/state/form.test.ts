import { expect, test } from 'vitest';
import { Form } from './form.svelte';

interface Thing {
  name: string;
  size: number;
  editedBy: string;
}

const first: Thing = { name: 'a', size: 1, editedBy: 'me' };

function form(send: (fields: { name: string; size: number }, base: Thing, reached: (from: Thing) => void) => Promise<Thing>): Form<Thing, { name: string; size: number }> {
  return new Form(first, { fieldsOf: ({ name, size }) => ({ name, size }), send });
}

const refuse = () => Promise.reject(new Error('refused'));

test('a newer state fills a form in which nothing was typed', () => {
  const one = form(refuse);
  one.take({ ...first, name: 'b' });
  expect([one.fields.name, one.dirty, one.overtaken]).toEqual(['b', false, false]);
});

test('what was typed stays when somebody else saves, and is told of; discarding shows the newer state', () => {
  const one = form(refuse);
  one.fields.name = 'typed';
  one.take({ ...first, name: 'b' });
  expect([one.fields.name, one.dirty, one.overtaken]).toEqual(['typed', true, true]);
  one.discard();
  expect([one.fields.name, one.dirty, one.overtaken]).toEqual(['b', false, false]);
});

test('a change of what the form does not show overtakes nothing', () => {
  const one = form(refuse);
  one.fields.name = 'typed';
  one.take({ ...first, editedBy: 'somebody' });
  expect(one.overtaken).toBe(false);
});

test('after saving the form stands on the answer', async () => {
  const one = form(({ name, size }) => Promise.resolve({ ...first, name: name.trim(), size }));
  one.fields.name = ' b ';
  await one.save();
  expect([one.fields.name, one.dirty, one.saved, one.error]).toEqual(['b', false, true, null]);
  one.touch();
  expect(one.saved).toBe(false);
});

test('steps that went through are no longer to be saved when a later one fails', async () => {
  const one = form((_fields, base, reached) => {
    reached({ ...base, name: 'b' });
    return Promise.reject(new Error('size refused'));
  });
  one.fields.name = 'b';
  one.fields.size = 2;
  await one.save();
  expect([one.base, one.fields, one.dirty, one.saved]).toEqual([{ ...first, name: 'b' }, { name: 'b', size: 2 }, true, false]);
  expect(String(one.error)).toContain('size refused');
  one.fields.size = 1;
  expect(one.dirty).toBe(false);
});
