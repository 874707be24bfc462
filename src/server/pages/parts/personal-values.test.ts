import { expect, test } from 'vitest';
import { sinkSchema } from '../../../config/schema/sink.ts';
import { keyParts, withoutPersonal } from './personal-values.ts';

const sink = sinkSchema.parse({
  target: { file: { name: 'a.csv' } },
  encoder: { csv: {} },
  schema: {
    fields: {
      Number: {},
      Payer: { class: 'personal' },
      Lines: { type: 'list' },
      'Lines.For': { class: 'personal' },
      'Lines.What': {},
      Owner: { type: 'object', class: 'personal' },
      'Owner.City': {},
    },
  },
  idempotency_key: ['Number', 'Payer'],
});
const hidden = (text: string, values: Parameters<typeof withoutPersonal>[2][number]): string => withoutPersonal(text, sink, [values]);

test('values of persons are taken out of what is said, however they are written, at any depth', () => {
  const values = { Number: '7', Payer: "Ann O'Neil (b. 1970)", Lines: [{ For: 'Ben Doe', What: 'Swim' }], Owner: { City: 'Lakeside' } };
  expect(hidden("7: ANN O'NEIL (B. 1970) owes for ben doe of Lakeside: Swim", values)).toBe('7: ··· owes for ··· of ···: Swim');
});

test('a longer value is taken out whole, though a shorter one is a part of it', () => {
  expect(hidden('Marsh, Ada is unknown', { Payer: 'Marsh', Lines: [{ For: 'Marsh, Ada', What: null }] })).toBe('··· is unknown');
});

test('texts of a letter or two are in many words, and are left', () => {
  expect(hidden('A balance is missing', { Payer: 'A' })).toBe('A balance is missing');
  expect(hidden('nothing to hide', {})).toBe('nothing to hide');
});

test('a field that the schema does not know is taken for one of a person', () => {
  expect(hidden('Nickname Duke', { Nickname: 'Duke' })).toBe('Nickname ···');
});

test('a part of a key that is of a person is hidden too', () => {
  expect(keyParts(sink, '["000121","Ada Marsh"]')).toEqual(['000121', '···']);
  expect(keyParts(sink, '{"golden":5}')).toEqual([]);
});
