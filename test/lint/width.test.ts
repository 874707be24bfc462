import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const MAX_WIDTH = 100;
/** Not the connectors: their documents are part of packs, whose hashes say that they are as released. What a program writes is as it is. */
const FOLDERS = ['docs', 'scripts', 'test', 'src'];
const SKIPPED = /(^|\/)(fixtures|node_modules|data)\/|^docs\/(connector-reference|json)\.md$/;

function documents(): string[] {
  const below = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
  );
  return [...readdirSync(root), ...below].filter((file) => file.endsWith('.md') && !SKIPPED.test(file));
}

/** Lines of prose that are too long: not code, not a table, and with a space where the line could break. */
function tooLong(text: string): number[] {
  let code = false;
  return text.split('\n').flatMap((line, i) => {
    if (/^\s*```/.test(line)) code = !code;
    const fits =
      code ||
      line.length <= MAX_WIDTH ||
      /^\s*(?:[|#]|!\[)/.test(line) ||
      !line
        .slice(0, MAX_WIDTH + 1)
        .trim()
        .includes(' ');
    return fits ? [] : [i + 1];
  });
}

test('finds prose that is too long, and leaves code and tables alone', () => {
  const long = 'word '.repeat(25);
  expect(tooLong(`${long}\n\n| ${long}|\n\n\`\`\`\n${long}\n\`\`\`\n\n- ${long}`)).toEqual([1, 9]);
});

test('prose in documents is wrapped, so that a change to a sentence is a small diff', () => {
  const found = documents().flatMap((file) => tooLong(readFileSync(join(root, file), 'utf8')).map((line) => `${file}:${line}`));
  expect(found).toEqual([]);
});
