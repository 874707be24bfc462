import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXCEPTIONS, WORDS } from './word-list.ts';

const root = join(import.meta.dirname, '../..');
const FOLDERS = ['src', 'scripts', 'docs', 'connectors', 'mappings', 'pipelines', 'config', 'test'];
/** What others wrote or a program makes, what is recorded, and the migrations of stores that exist. */
const SKIPPED = /(^|\/)(fixtures|node_modules|data)\/|^CHANGELOG\.md$|^config\/schemas\/|^src\/store\/migrations\/|^test\/lint\/word/;
const ANY = new RegExp(`(?<![\\w/.$-])(?:${WORDS.map(([banned]) => `(${banned})`).join('|')})(?![\\w/(-]|\\.\\w)`, 'gi');

function files(): string[] {
  const below = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/')),
  );
  const top = readdirSync(root).filter((name) => name.endsWith('.md'));
  return [...below, ...top].filter((file) => /\.(ts|md|yaml|csv|css|js)$/.test(file) && !SKIPPED.test(file));
}

/** `file:line "word": write "instead"`, for each banned word of a text. */
function found(file: string, text: string): string[] {
  const problems: string[] = [];
  // A line break within a sentence hides nothing: lines are looked at with the one after them.
  for (const match of text
    .replace(/\n[ \t]*(?:\*|\/\/|#)?[ \t]*/g, (gap) => ' '.padEnd(gap.length))
    .replace(/(\S) {2,}(?=\S)/g, (gap) => gap)
    .matchAll(ANY)) {
    const at = match.index;
    const line = text.slice(text.lastIndexOf('\n', at) + 1, (text.indexOf('\n', at) + 1 || text.length + 1) - 1);
    if (EXCEPTIONS.some(([where, what]) => where.test(file) && what.test(line) && what.test(match[0]))) continue;
    const instead = WORDS[match.slice(1).findIndex((group) => group !== undefined)]![1];
    problems.push(`${file}:${text.slice(0, at).split('\n').length} "${match[0]}": write "${instead}"`);
  }
  return problems;
}

describe('the word list', () => {
  it('finds a banned word in a message, a comment and a document, and says what to write instead', () => {
    expect(found('src/a.ts', "/** Fine. */\nfail('3 records were set aside.');")).toEqual([
      'src/a.ts:2 "set aside": write "reject, rejected record"',
    ]);
    expect(found('docs/a.md', 'It is\nmended there.')).toEqual(['docs/a.md:2 "mended": write "fix"']);
    expect(found('src/a.ts', '// The file stands in\n// its folder.')).toEqual(['src/a.ts:1 "stands in": write "is in, is at"']);
  });

  it('leaves slugs, paths and names in code alone', () => {
    expect(found('src/a.ts', "knex.whereIn('a', b); read('connectors/dog-licence-csv'); const mendedFiles = row.licence_key;")).toEqual([]);
  });

  it('is kept by everything in the repository', () => {
    expect(files().flatMap((file) => found(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });
});
