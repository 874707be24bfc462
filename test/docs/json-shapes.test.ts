import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { jsonDocs, tableOf, tablesIn } from '../../scripts/generate-json-docs.ts';
import { shapedJson } from '../../src/reports/shapes/json.ts';
import { problem } from '../../src/reports/shapes/parts.ts';
import { SHAPES, type ShapeName } from '../../src/reports/shapes/shapes.ts';
import { root } from './follow.ts';

const markdown = readFileSync(join(root, 'docs/json.md'), 'utf8');
const names = Object.keys(SHAPES) as ShapeName[];

it('the tables of keys in docs/json.md are those of the schemas', () => {
  expect(jsonDocs(markdown) === markdown, 'run node scripts/generate-json-docs.ts').toBe(true);
});

it('docs/json.md has the keys of every shape, once', () => {
  expect(tablesIn(markdown).sort()).toEqual([...names, 'problem'].sort());
});

it('every key says what it means', () => {
  for (const schema of [...Object.values(SHAPES), problem])
    for (const line of tableOf(schema).split('\n')) expect(line).not.toMatch(/\|\s*\|$/);
});

/** Each example stands before the table of its shape. */
describe('the examples of docs/json.md are of their shapes', () => {
  const examples = [...markdown.matchAll(/^```json\n([^`]*?)^```\n\n<!-- keys of: (.+) -->/gm)];
  expect(examples.length).toBeGreaterThanOrEqual(58);
  test.each(examples.map(([, json, name]) => ({ name: name!, json: json! })))('$name', ({ name, json }) => {
    const schema = name === 'problem' ? problem : SHAPES[name as ShapeName];
    const read = schema.safeParse(JSON.parse(json.replaceAll('"…"', '"x"')));
    expect(read.success ? '' : z.prettifyError(read.error)).toBe('');
  });
});

it('JSON with a key that its shape does not have never leaves a development build, nor one that lacks a key', () => {
  expect(shapedJson('identity compare', { entity: 'party', compared: true })).toBe('{"entity":"party","compared":true}');
  const more = { entity: 'party', compared: true, more: 1 };
  expect(() => shapedJson('identity compare', more)).toThrow('more');
  expect(() => shapedJson('identity compare', { entity: 'party' } as typeof more)).toThrow('compared');
  const nested = { connections: [{ connection: 'pool', ok: true, checks: [{ name: 'x', ok: true, detail: 'y', secret: 'z' }] }] };
  expect(() => shapedJson('check', nested)).toThrow('secret');
});
