import { expect, test } from 'vitest';
import { areTwoNamesMistyped, namesMeantBy } from './mistyped-names.ts';

test.each([
  ['dvaid', 'david'],
  ['jacb', 'jacob'],
  ['hooang', 'hoang'],
  ['asmley', 'ashley'],
])('%s may be %s', (typed, meant) => expect([...namesMeantBy(typed)]).toContain(meant));

test('two names are two, one mistyped or not; what may be one name or its short form is not', () => {
  expect(areTwoNamesMistyped('dvaid', 'benjamin')).toBe(true);
  expect(areTwoNamesMistyped('kharlie', 'charles')).toBe(false);
  expect(areTwoNamesMistyped('chros', 'christopher')).toBe(false);
  expect(areTwoNamesMistyped('qwxyz', 'benjamin')).toBe(false);
  expect(areTwoNamesMistyped('bo', 'benjamin')).toBe(false);
});
