import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TYPES_OF_RULES } from '../../src/config/schema/exception-rules.ts';
import { EXCEPTION_TYPES } from '../../src/reconciliation/exceptions/types.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/reconciliation.md'), 'utf8');

test('every type of exception, and every rule that finds one, is explained in the docs', () => {
  const table = page.slice(page.indexOf('### Exception types'));
  const explained = new Set(
    [...table.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code)),
  );
  expect(Object.keys(EXCEPTION_TYPES).filter((code) => !explained.has(code))).toEqual([]);
  expect(Object.keys(TYPES_OF_RULES).filter((rule) => !table.includes(`\`${rule}`))).toEqual([]);
});

test('what a rule may call its findings are types that there are', () => {
  expect(
    Object.values(TYPES_OF_RULES)
      .flat()
      .filter((type) => !(type in EXCEPTION_TYPES)),
  ).toEqual([]);
});
