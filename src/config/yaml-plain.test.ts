import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TOWN } from '../../test/config/town.ts';
import { applyChanges, changes } from '../../test/config/mutations.ts';
import { readWithPlaces } from './yaml-document.ts';
import { readPlainYaml } from './yaml-plain.ts';

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
const TEXTS = [...Object.entries(TOWN).flatMap(([name, text]) => (name.endsWith('.yaml') ? [text] : [])), UNUSUAL];

describe('reading plain YAML quickly', () => {
  it('reads the files of a town without the library', () => {
    for (const text of TEXTS) expect(readPlainYaml(text)?.value).toEqual(readWithPlaces('x', text).value);
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
      { numRuns: Number(process.env.FUZZ_RUNS ?? 3000) },
    );
  });
});
