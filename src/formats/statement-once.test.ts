import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decoder, readAll, refusal } from '../../test/formats/reading.ts';

const CONNECTORS = join(import.meta.dirname, '../../connectors');
const fixture = (path: string): string => readFileSync(join(CONNECTORS, path), 'utf8');

const entries = async (given: object, text: string): Promise<number> =>
  (await readAll(decoder(given), text)).filter(({ type }) => type === 'entry' || type === '16').length;
const twice = (text: string, from: RegExp): string => text.replace(from, (found) => `${found}\n${found}`);
const BAI2 = fixture('bank-bai2/fixtures/entries/bai-260302.txt');
const MT940 = `:20:A\n:25:4711\n:28C:7\n:60F:C260302USD100,00\n:61:2603020302C5,00NCHK1\n:62F:C260302USD105,00\n-\n`;

test.each([
  ['bai2', { bai2: { days: 'all' } }, BAI2, BAI2 + BAI2],
  ['mt940', { mt940: {} }, MT940, MT940 + MT940],
  ...['camt053', 'ofx'].map((name): [string, object, string, string] => {
    const text = fixture(name === 'ofx' ? 'bank-ofx/fixtures/entries/stmt-260302.ofx' : 'bank-camt053/fixtures/entries/camt053-260302.xml');
    return [name, { [name]: {} }, text, twice(text, name === 'ofx' ? /<STMTTRNRS>.*?<\/STMTTRNRS>/s : /<Stmt>.*?<\/Stmt>/s)];
  }),
])('%s: a statement that is in a file twice refuses the file, and says where the first is', async (_, given, one, two) => {
  expect(await entries(given, one)).toBeGreaterThan(0);
  expect(await refusal(decoder(given), two)).toMatch(
    /^file:\d+: The statement of the account .* is in the file twice: it also begins in line \d+\..*\[STATEMENT_TWICE\]$/,
  );
});

test('statements of two days, and equal entries of one, are read', async () => {
  const later = BAI2.replaceAll('260302', '260304');
  expect(await entries({ bai2: { days: 'all' } }, BAI2 + later)).toBe(4);
  const equal = MT940.replace(/:61:.*\n/, (line) => line + line).replace('105,00', '110,00');
  expect(await entries({ mt940: {} }, equal)).toBe(2);
});

test('two OFX files in one are told as that', async () => {
  const text = fixture('bank-ofx/fixtures/entries/stmt-260302.ofx');
  expect(await refusal(decoder({ ofx: {} }), text + text)).toMatch(/A second OFX file begins here: two files may have been joined/);
});
