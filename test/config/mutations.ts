import fc from 'fast-check';

const PIECES = [
  '\n',
  ' ',
  '  ',
  '\t',
  ':',
  ': ',
  '-',
  '- ',
  '#',
  ' #',
  ',',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|',
  '>',
  '|-',
  '>-',
  '&a',
  '*a',
  '!',
  '%',
  '@',
  '`',
  '?',
  '<<',
  '~',
  'null',
  'true',
  'no',
  '0',
  '00123',
  '1.10',
  '1e3',
  '-0',
  '.5',
  '\\',
  '\\n',
  'a',
  'name',
  'é',
  '\u0000',
  '\u2028',
  '\r\n',
  '\r',
  '---\n',
  '...',
  '${env:X}',
  '{{ options.x }}',
  '\n\n',
  '\n  ',
  '\n    ',
  '__proto__: 1\n',
  '=',
  '.',
];

type Change =
  | { kind: 'insert' | 'delete' | 'replace'; at: number; piece: string; length: number }
  | { kind: 'move' | 'repeat' | 'drop' | 'indent'; at: number; to: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('insert' as const, 'delete' as const, 'replace' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    piece: fc.constantFrom(...PIECES),
    length: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({
    kind: fc.constantFrom('move' as const, 'repeat' as const, 'drop' as const, 'indent' as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    to: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
);

/** One to four changes to a text: signs that mean something put in, taken out, lines moved, repeated, dropped, indented. */
export const changes = fc.array(change, { minLength: 1, maxLength: 4 });

export function applyChanges(text: string, list: readonly Change[]): string {
  return list.reduce((current, one) => {
    if ('piece' in one) {
      const at = Math.floor(one.at * current.length);
      return current.slice(0, at) + (one.kind === 'delete' ? '' : one.piece) + current.slice(one.kind === 'insert' ? at : at + one.length);
    }
    const lines = current.split('\n');
    const at = Math.min(lines.length - 1, Math.floor(one.at * lines.length));
    const [line = ''] = lines.slice(at, at + 1);
    if (one.kind === 'drop') lines.splice(at, 1);
    else if (one.kind === 'indent') lines[at] = one.to < 0.5 ? ` ${line}` : line.replace(/^ /, '');
    else {
      if (one.kind === 'move') lines.splice(at, 1);
      lines.splice(Math.floor(one.to * lines.length), 0, line);
    }
    return lines.join('\n');
  }, text);
}
