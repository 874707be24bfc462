import { expect, test } from 'vitest';
import { textOfProblem } from '../errors.ts';
import { escapedJson, jsonLine, visible, visibleLine } from './visible.ts';

test('what a file says cannot move the cursor of the terminal that it is shown on', () => {
  expect(visible('\x1b[2Jgone\r\x07 \x9b1A')).toBe('\\x1b[2Jgone\\r\\x07 \\x9b1A');
  expect(visible('abc\u202Efdp.exe')).toBe('abc\\u202efdp.exe');
  expect(visible('two\nlines\tand é 😀')).toBe('two\nlines\tand é 😀');
  expect(textOfProblem({ code: 'X', place: { file: 'a\x1b]0;b.csv', line: 1 }, message: 'The column "\x1b[31m" is missing.' })).toBe(
    'a\\x1b]0;b.csv:1: The column "\\x1b[31m" is missing. [X]',
  );
});

test('a file name or value cannot begin a line of its own, also not by the line breaks that only some programs know', () => {
  expect(visibleLine('a.csv\n#2 clerk: all is well\r\n')).toBe('a.csv\\n#2 clerk: all is well\\r\\n');
  expect(visible('a\u2028b\u2029c\x85d')).toBe('a\\u2028b\\u2029c\\x85d');
  expect(textOfProblem({ code: 'X', place: { file: 'a\nb.csv' }, message: 'No "c\nd".', hint: 'See e\u2028f.' })).toBe(
    'a\\nb.csv: No "c\\nd". See e\\u2028f. [X]',
  );
});

test('what cannot be seen is seen: marks of direction, zero width characters, tags and halves of characters', () => {
  expect(visibleLine('pay\u200broll\u200f\ufeff\u{e0041}\ud800!')).toBe('pay\\u200broll\\u200f\\ufeff\\u{e0041}\\ud800!');
  expect(visibleLine('👩\u200d🚒 é')).toBe('👩\u200d🚒 é');
});

test('JSON for a terminal says the same to a program', () => {
  const value = { name: 'a\x1b[31m\u202e\x9b\u{e0041}\nb', n: 1 };
  expect(jsonLine(value)).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(jsonLine(value))).toEqual(value);
  expect(JSON.parse(escapedJson(JSON.stringify([value], null, 2)))).toEqual([value]);
});
