import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TOWN } from '../../../test/config/town.ts';
import { applyChanges, changes } from '../../../test/config/mutations.ts';
import { readWithPlaces } from './document.ts';
import { readPlainYaml } from './plain.ts';
import { tries } from '../../../test/effort.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const UNUSUAL = `a: |
  SELECT *

  FROM x  # no comment
b: >-
  two lines
  in one
c:
- 1
- x: 1
  y: [a, 'b, c', {d: "e: f"}]
-
  z: [one,
      two,
    ]
d: {k: v, 12: -4.5, "q r": 's'}   # comment
e: http://example.org/#part
f: -x
g: ~
h:
i: |-
    deep
      deeper
`;
const PACK = `streams:
  Bank Deposits:
    retriever: &files
      files:
        { folder: '{{ options.folder }}', pattern: a*.csv }
      Receipt Number: { required: true, format: MM/DD/YYYY HH:mm:ss.SSS, at: 12:30 }
    record_selector: &details { types: ['16'] }
    ids: &ids
    - 1
    - 2
  799-other:
    retriever: *files
    record_selector: *details
    ids: *ids
    primary_key:
      &key {
        fields: [a],
      }
    whole: &whole
      part: &part
        a: 1
      part again: *part
    again: *part
    and: *whole
    key: *key
    control:
      - {
          type: a,
          records:
            &counted [
              '1',
              2-advice,
            ],
          more: *counted,
          last: [*counted, *counted ]
        }
    fields:
      {
        type: code,
        values: [a b, c:d, "\\u001e", "a\\tb\\\\"],
      }
`;
/** Every file that is shipped: they are what every town loads. */
const SHIPPED = ['connectors', 'mappings', 'config', 'pipelines'].flatMap((folder) => globSync(`${folder}/**/*.yaml`, { cwd: ROOT }));
const TEXTS = [...Object.entries(TOWN).flatMap(([name, text]) => (name.endsWith('.yaml') ? [text] : [])), UNUSUAL, PACK];

function refer(name: string, times: number): string {
  return Array.from({ length: times }, (_, i) => `${name}${i}: *${name}\n`).join('');
}

describe('reading plain YAML quickly', () => {
  it('reads the files of a town without the library', () => {
    for (const text of TEXTS) expect(readPlainYaml(text)?.value).toEqual(readWithPlaces('x', text).value);
  });

  it('reads every shipped file without the library, which every command would wait for', () => {
    expect(SHIPPED.length).toBeGreaterThan(80);
    for (const file of SHIPPED) {
      const text = readFileSync(join(ROOT, file), 'utf8');
      expect(readPlainYaml(text)?.value, file).toEqual(readWithPlaces('x', text).value);
    }
  });

  it.each([
    ['an anchor that comes again', 'a: &x\n  c: 1\nb: &x\n  d: 1\ne: *x\n'],
    ['an anchor that is not there', 'a: *x\n'],
    ['an anchor that is not complete', 'a: &x\n  b: *x\n'],
    ['an anchor of a text', 'a: &x b\nc: *x\n'],
    ['a reference as a key', 'a: &x\n  b: 1\n*x : c\n'],
    ['an escaped quote', 'a: "b\\"c"\n'],
    ['an escape that JSON does not have', 'a: "\\x41"\n'],
    ['half of a character', 'a: "\\ud800"\n'],
    ['brackets as a key', 'a:\n  {b: c}: d\n'],
    ['brackets that go on in the column of their key', 'a:\n  {\nb: c}\n'],
    ['references within references that multiply', `a: &x\n  b: 1\n${refer('x', 20)}c: &y\n  d: *x\n${refer('y', 20)}`],
    ['more references than a file needs', `a: &x\n  b: 1\n${refer('x', 101)}`],
  ])('leaves %s to the library', (_, text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  });

  it('reads as many references as the library does', () => {
    const text = `a: &x\n  b: 1\n${refer('x', 8)}c: &y\n  d: *x\n${refer('y', 9)}`;
    expect(readPlainYaml(text)?.value).toEqual(readWithPlaces('x', text).value);
    expect(readWithPlaces('x', `a: &x\n  b: 1\n${refer('x', 101)}`).problems).toHaveLength(1);
  });

  it('reads files with Windows line breaks', () => {
    expect(readPlainYaml('a: 1\r\nb: x\r\n')?.value).toEqual({ a: 1, b: 'x' });
  });

  it('never reads a text in another way than the library does, and never one in which something is wrong', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TEXTS), changes, (text, list) => {
        const changed = applyChanges(text, list);
        const quick = readPlainYaml(changed);
        if (!quick) return;
        const full = readWithPlaces('x', changed);
        expect(full.problems).toEqual([]);
        expect(full.lossy).toEqual([]);
        expect(quick.value).toStrictEqual(full.value);
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? tries(3000)) },
    );
  });
});
