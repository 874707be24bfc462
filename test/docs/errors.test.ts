import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Of Node, of libraries and of zlib, which are read from errors and never shown as ours; columns of SQL Server's catalog. */
const NOT_OURS = new Set([
  'COLUMN_NAME',
  'DATA_TYPE',
  'IS_NULLABLE',
  'ORDINAL_POSITION',
  'TABLE_NAME',
  'TABLE_SCHEMA',
  'ABORT_ERR',
  'CSV_QUOTE_NOT_CLOSED',
  'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE',
  'DUPLICATE_KEY',
  'TAB_AS_INDENT',
  'Z_DATA_ERROR',
  'Z_BUF_ERROR',
  'EAI_AGAIN',
  'ERR_BROTLI',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_BUFFER_TOO_LARGE',
]);
/** Codes of one word, which look like any other word in capitals. */
const ONE_WORD = new Set(['ABORTED', 'USAGE', 'INTERNAL']);

it('every error code that a user can meet is explained in docs/errors.md', () => {
  expect([...codesInSource()].filter((code) => !codesInDocs().includes(code)).sort()).toEqual([]);
});

it('docs/errors.md explains no error code that no longer exists', () => {
  const source = codesInSource();
  expect(codesInDocs().filter((code) => !source.has(code))).toEqual([]);
});

it('each error code is explained once, with what it means and what to do', () => {
  const codes = codesInDocs();
  expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
  for (const row of rows()) expect(row.split(' | '), row).toHaveLength(3);
});

/** Node's own begin with E: ENOENT. */
it('a code of one word is noticed too', () => {
  const strays = sources().flatMap(({ file, source }) =>
    literalsOfCode(source)
      .filter((code) => /^[A-Z]{5,}$/.test(code) && !/^E[A-Z]+$/.test(code) && !ONE_WORD.has(code))
      .map((code) => `${file}: ${code}`),
  );
  expect(strays).toEqual([]);
});

function rows(): string[] {
  return readFileSync(join(root, 'docs/errors.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| `[A-Z]/.test(line));
}

function codesInDocs(): string[] {
  return rows().map((row) => /^\| `([A-Za-z0-9_]+)`/.exec(row)![1]!);
}

function codesInSource(): Set<string> {
  const codes = new Set<string>();
  for (const { source } of sources())
    visit(source, (node) => {
      if (ts.isTemplateExpression(node) && node.head.text === 'HTTP_') codes.add('HTTP_nnn');
      if (!ts.isStringLiteral(node) && !ts.isNoSubstitutionTemplateLiteral(node)) return;
      const { text } = node;
      if (ONE_WORD.has(text) || (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(text) && !NOT_OURS.has(text) && !/^HTTP_\d+$/.test(text)))
        codes.add(text);
    });
  return codes;
}

/** Text in `code: …`, also in either branch of a condition there. */
function literalsOfCode(source: ts.SourceFile): string[] {
  const found: string[] = [];
  visit(source, (node) => {
    if (!ts.isPropertyAssignment(node) || node.name.getText(source) !== 'code') return;
    visit(node.initializer, (inner) => {
      if (ts.isStringLiteral(inner)) found.push(inner.text);
    });
  });
  return found;
}

let parsed: { file: string; source: ts.SourceFile }[] | undefined;
function sources(): { file: string; source: ts.SourceFile }[] {
  parsed ??= readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => ({
      file,
      source: ts.createSourceFile(file, readFileSync(join(root, 'src', file), 'utf8'), ts.ScriptTarget.Latest, true),
    }));
  return parsed;
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}
