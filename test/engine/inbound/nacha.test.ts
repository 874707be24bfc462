import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { BASE } from '../base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const pack = join(import.meta.dirname, '../../../connectors/bank-nacha');
const recorded = (path: string): string => readFileSync(join(pack, 'fixtures', path), 'utf8');
const DISPUTES = recorded('returns/20260306-disputes.ach');

/** A town that reads ACH files with the shipped pack, and keeps of each record of a stream what these fields say. */
async function town(stream: string, files: Record<string, string>, fields: Record<string, string>): Promise<TestTown> {
  const names = Object.keys(fields);
  return makeTown({
    'connectors/bank-nacha/connector.yaml': readFileSync(join(pack, 'connector.yaml'), 'utf8').replace(
      'transport: sftp',
      'transport: folder',
    ),
    'config/connections.yaml': `${BASE['config/connections.yaml']}  bank: { connector: bank-nacha, options: { path: inbox, folder: . } }\n`,
    'config/model/item.yaml': `entity: item\ntitle: Item\nfields:\n${names.map((name) => `  ${name}: { type: text, class: internal }\n`).join('')}`,
    'mappings/item.from-bank-nacha.yaml': `mapping: item.from-bank-nacha\nentity: item\nfrom: { connector: bank-nacha, stream: ${stream} }\nfields:\n${names.map((name) => `  ${name}: ${fields[name]}\n`).join('')}`,
    'pipelines/items.yaml': `pipeline: items\nsource: { connection: bank, stream: ${stream} }\nmappings: [item.from-bank-nacha]\n`,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`inbox/${name}`, text])),
  });
}

test('all addenda of an international entry are read, those without a number of their own too', async () => {
  const it = await town(
    'international-addenda',
    { 'a.ach': recorded('entries/20260302-1.ach') },
    { kind: 'addenda_type', amount: 'foreign_amount', note: 'information' },
  );
  const run = await it.run('items');
  expect([run.counts.rejected, (await it.rows('item')).map(({ kind }) => kind)]).toEqual([
    0,
    ['10', '11', '12', '13', '14', '15', '16', '17', '17', '18'],
  ]);
  expect((await it.rows('item')).find(({ kind }) => kind === '10')!['amount']).toBe('134.00');
});

test.each([
  ['returns', 'R01'],
  ['dishonored-returns', 'R69'],
  ['contested-returns', 'R73'],
])('a payment whose return is disputed is one record of %s', async (stream, reason) => {
  const it = await town(
    stream,
    { 'a.ach': recorded('returns/20260303-returns.ach'), 'b.ach': DISPUTES },
    { reason: 'return_reason', of: 'original_trace_number', amount: '6.amount' },
  );
  await it.run('items');
  expect((await it.rows('item')).map((row) => [row['reason'], row['of'], row['amount']])).toEqual([[reason, '999999990000001', '421.00']]);
});

test('a file without creation time and without line breaks is read; cut or changed it is refused', async () => {
  expect(DISPUTES).not.toContain('\n');
  expect(DISPUTES.slice(29, 33)).toBe('    ');
  const it = await town('entries', { 'a.ach': DISPUTES }, { trace: 'trace_number' });
  expect(await it.run('items')).toMatchObject({ outcome: 'succeeded', counts: { created: 3, rejected: 0 } });
  it.write({ 'inbox/b.ach': DISPUTES.slice(0, 94 * 5), 'inbox/c.ach': DISPUTES.replace('0000042100', '0000042190') });
  const run = await it.run('items');
  expect(run.problems.map(({ code, place }) => [place.file, code])).toEqual(
    expect.arrayContaining([
      [expect.stringContaining('b.ach'), 'TRAILER_MISSING'],
      [expect.stringContaining('c.ach'), 'CONTROL_TOTAL'],
    ]),
  );
  expect(await it.rows('item')).toHaveLength(3);
});

test('the totals of an advice are read where they stand, and hold the file to them', async () => {
  const advice = recorded('advice-entries/20260307-advice.ach');
  const it = await town('advice-entries', { 'a.ach': advice }, { amount: 'amount', code: 'transaction_code' });
  await it.run('items');
  expect((await it.rows('item')).map(({ amount }) => amount)).toEqual(['1234567890.12', '50.00']);
  it.write({ 'inbox/b.ach': advice.replace('123456789012', '123456789013') });
  expect((await it.run('items')).problems.map(({ code }) => code)).toContain('CONTROL_TOTAL');
});
