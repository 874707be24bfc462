import fc from 'fast-check';

/** No input grows beyond this. */
const MAX_BYTES = 1_200_000;

type Change =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'byte'; at: number; byte: number }
  | { kind: 'cut'; at: number }
  | { kind: 'delete' | 'double'; at: number; length: number }
  | { kind: 'insert'; at: number; bytes: Uint8Array }
  | { kind: 'token'; at: number; token: string; over: number }
  | { kind: 'swap'; at: number; to: number; length: number }
  | { kind: 'line'; how: 'drop' | 'repeat' | 'move' | 'join' | 'split'; at: number; to: number }
  | { kind: 'encode'; how: Encode }
  | { kind: 'number'; at: number; by: string }
  | { kind: 'extend'; at: number; length: number; times: number };
type Encode = (typeof ENCODE)[number];

const ENCODE = ['utf16le', 'utf16be', 'marked utf16le', 'latin1 as utf8', 'utf8 as latin1', 'mark', 'crlf', 'lf', 'cr'] as const;
const NUMBERS = [
  '0',
  '-0',
  '-1',
  '9'.repeat(20),
  '9'.repeat(400),
  '9007199254740993',
  '1e309',
  '1e-7',
  'NaN',
  'Infinity',
  '0x1F',
  '1.005',
  '1,5',
  '.5',
  '5.',
  '٣',
  '1_000',
  '0'.repeat(40),
];
const BYTES = [
  0x00, 0x09, 0x0a, 0x0d, 0x1a, 0x1b, 0x20, 0x22, 0x26, 0x27, 0x2c, 0x2f, 0x3c, 0x3e, 0x5b, 0x5c, 0x7b, 0x7f, 0x80, 0xa0, 0xff,
];

/** One to four changes to a file; `tokens`: what means something in its format. */
export function changesOf(tokens: readonly string[]): fc.Arbitrary<Change[]> {
  const at = fc.double({ min: 0, max: 1, noNaN: true });
  const kind = <K extends Change['kind']>(name: K) => ({ kind: fc.constant(name) });
  const change = fc.oneof(
    { weight: 3, arbitrary: fc.record({ ...kind('flip'), at, bit: fc.nat(7) }) },
    { weight: 3, arbitrary: fc.record({ ...kind('byte'), at, byte: fc.oneof(fc.constantFrom(...BYTES), fc.nat(255)) }) },
    { weight: 2, arbitrary: fc.record({ ...kind('cut'), at }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('delete' as const, 'double' as const), at, length: fc.nat(120) }) },
    { weight: 2, arbitrary: fc.record({ ...kind('insert'), at, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }) },
    { weight: 4, arbitrary: fc.record({ ...kind('token'), at, token: fc.constantFrom(...tokens), over: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ ...kind('swap'), at, to: at, length: fc.integer({ min: 1, max: 40 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        ...kind('line'),
        how: fc.constantFrom('drop' as const, 'repeat' as const, 'move' as const, 'join' as const, 'split' as const),
        at,
        to: at,
      }),
    },
    { weight: 1, arbitrary: fc.record({ ...kind('encode'), how: fc.constantFrom(...ENCODE) }) },
    { weight: 2, arbitrary: fc.record({ ...kind('number'), at, by: fc.constantFrom(...NUMBERS) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        ...kind('extend'),
        at,
        length: fc.integer({ min: 1, max: 60 }),
        // Most are small; some are large enough to show what grows faster than its input.
        times: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 2, max: 300 }) }, { weight: 1, arbitrary: fc.constant(1_000_000) }),
      }),
    },
  );
  return fc.array(change, { minLength: 1, maxLength: 4 }) as fc.Arbitrary<Change[]>;
}

export function applyChanges(bytes: Buffer, changes: readonly Change[]): Buffer {
  return changes.reduce((content, change) => apply(content, change).subarray(0, MAX_BYTES), bytes);
}

function apply(content: Buffer, change: Change): Buffer {
  const place = (share: number): number => Math.min(content.length, Math.floor(share * content.length));
  switch (change.kind) {
    case 'flip':
      return set(content, place(change.at), (byte) => byte ^ (1 << change.bit));
    case 'byte':
      return set(content, place(change.at), () => change.byte);
    case 'cut':
      return content.subarray(0, place(change.at));
    case 'delete':
      return replaced(content, place(change.at), change.length, Buffer.alloc(0));
    case 'double': {
      const at = place(change.at);
      return replaced(content, at, 0, content.subarray(at, at + change.length));
    }
    case 'insert':
      return replaced(content, place(change.at), 0, change.bytes);
    case 'token':
      return replaced(content, place(change.at), change.over, Buffer.from(change.token));
    case 'swap': {
      const [a, b] = [place(change.at), place(change.to)].sort((x, y) => x - y) as [number, number];
      const length = Math.min(change.length, b - a);
      const piece = (from: number) => content.subarray(from, from + length);
      return Buffer.concat([content.subarray(0, a), piece(b), content.subarray(a + length, b), piece(a), content.subarray(b + length)]);
    }
    case 'line':
      return lines(content, change.how, change.at, change.to);
    case 'encode':
      return encoded(content, change.how);
    case 'number': {
      const text = content.toString('latin1');
      const found = /[-+]?\d+(?:\.\d+)?/.exec(text.slice(place(change.at))) ?? /\d+/.exec(text);
      if (!found) return content;
      const from = text.indexOf(found[0], found.index);
      return replaced(content, from, found[0].length, Buffer.from(change.by));
    }
    case 'extend': {
      const at = place(change.at);
      const piece = content.subarray(at, at + change.length);
      const times = Math.min(change.times, Math.floor((MAX_BYTES - content.length) / Math.max(1, piece.length)));
      return piece.length && times > 0 ? replaced(content, at, 0, Buffer.alloc(piece.length * times, piece)) : content;
    }
  }
}

function set(content: Buffer, at: number, by: (byte: number) => number): Buffer {
  const copy = Buffer.from(content);
  if (at < copy.length) copy[at] = by(copy[at]!) & 0xff;
  return copy;
}

function replaced(content: Buffer, at: number, length: number, by: Uint8Array): Buffer {
  return Buffer.concat([content.subarray(0, at), by, content.subarray(at + length)]);
}

function lines(content: Buffer, how: 'drop' | 'repeat' | 'move' | 'join' | 'split', at: number, to: number): Buffer {
  const list = content.toString('latin1').split('\n');
  const index = Math.min(list.length - 1, Math.floor(at * list.length));
  const line = list[index]!;
  if (how === 'split') list.splice(index, 1, line.slice(0, Math.floor(to * line.length)), line.slice(Math.floor(to * line.length)));
  else if (how === 'join') list.splice(index, 2, line + (list[index + 1] ?? ''));
  else {
    if (how !== 'repeat') list.splice(index, 1);
    if (how !== 'drop') list.splice(Math.floor(to * (list.length + 1)), 0, line);
  }
  return Buffer.from(list.join('\n'), 'latin1');
}

function encoded(content: Buffer, how: Encode): Buffer {
  switch (how) {
    case 'utf16le':
      return Buffer.from(content.toString('utf8'), 'utf16le');
    case 'utf16be':
      return Buffer.from(content.toString('utf8'), 'utf16le').swap16();
    case 'marked utf16le':
      return Buffer.from(`\ufeff${content.toString('utf8')}`, 'utf16le');
    case 'latin1 as utf8':
      return Buffer.from(content.toString('latin1'));
    case 'utf8 as latin1':
      return Buffer.from(content.toString('utf8'), 'latin1');
    case 'mark':
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), content]);
    default: {
      const by = { crlf: '\r\n', lf: '\n', cr: '\r' }[how];
      return Buffer.from(content.toString('latin1').replace(/\r?\n/g, by), 'latin1');
    }
  }
}
