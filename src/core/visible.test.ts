import { expect, test } from 'vitest';
import { textOfProblem } from './errors.ts';
import { visible } from './visible.ts';

test('what a file says cannot move the cursor of the terminal that it is shown on', () => {
  expect(visible('\x1b[2Jgone\r\x07 \x9b1A')).toBe('\\x1b[2Jgone\\x0d\\x07 \\x9b1A');
  expect(visible('abc\u202Efdp.exe')).toBe('abc\\u202efdp.exe');
  expect(visible('two\nlines\tand é 😀')).toBe('two\nlines\tand é 😀');
  expect(textOfProblem({ code: 'X', place: { file: 'a\x1b]0;b.csv', line: 1 }, message: 'The column "\x1b[31m" is missing.' })).toBe(
    'a\\x1b]0;b.csv:1: The column "\\x1b[31m" is missing. [X]',
  );
});
