import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { decide, settleByPerson } from '../../src/engine/outbound/decide.ts';
import { listDeliveries } from '../../src/store/outbound/deliveries.ts';
import { receipts } from '../engine/base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { delivered, ledger, outbox } from './base-outbound.ts';

afterEach(closeTowns);

const NOW = (): Date => new Date('2026-03-02T15:00:00Z');
const send = (town: TestTown) => town.run('to-ledger', { now: NOW });

async function town(shape: Parameters<typeof ledger>[0] = {}, rows = [{ number: '1' }, { number: '2', amount: '12.50', tender: 'CK' }]) {
  const made = await makeTown({ ...ledger(shape), 'inbox/receipts-1.csv': receipts(rows) });
  await made.run('receipts');
  return made;
}

test('receipts land in a file of the ledger, once, with its sums in the run', async () => {
  const t = await town();
  const first = await send(t);
  expect([first.outcome, first.counts.created, first.notes]).toEqual([
    'succeeded',
    2,
    ['entries-2026-03-02-001.csv was sent to ledger.entries: 2 records, Amount 13.50.'],
  ]);
  expect(delivered(t)).toEqual({
    'entries-2026-03-02-001.csv': 'Number,Date,Amount,Tender\n1,01/05/2026,1.00,CA\n2,01/05/2026,12.50,CK\n',
  });
  const second = await send(t);
  expect([second.outcome, second.counts.created, second.counts.read]).toEqual(['succeeded', 0, 0]);
  t.write({ 'inbox/receipts-2.csv': receipts([{ number: '2', amount: '12.50', tender: 'CK' }, { number: '3' }]) }, 5);
  await t.run('receipts');
  await send(t);
  expect(delivered(t)['entries-2026-03-02-002.csv']).toBe('Number,Date,Amount,Tender\n3,01/05/2026,1.00,CA\n');
});

test('shadow sends nothing and says what it would; promoted to live it goes', async () => {
  const t = await town({ mode: 'shadow' });
  const shadow = await send(t);
  expect(shadow.notes).toEqual(['ledger.entries: 2 records, Amount 13.50 would be sent.']);
  expect([delivered(t), await outbox(t)]).toEqual([{}, ['1 v1 shadow', '2 v1 shadow']]);
  t.write(ledger({ mode: 'live' }));
  await t.reopen();
  const live = await send(t);
  expect(live.outcome).toBe('succeeded');
  expect(Object.keys(delivered(t))).toEqual(['entries-2026-03-02-001.csv']);
});

test('review: nothing goes before a person approved it', async () => {
  const t = await town({ mode: 'review' });
  await send(t);
  expect([delivered(t), await outbox(t)]).toEqual([{}, ['1 v1 review', '2 v1 review']]);
  const [first] = await t.rows('il_outbox');
  await decide(t.engine.knex, 'approve', { ids: [Number(first!.id)] });
  await send(t);
  expect(Object.values(delivered(t))).toEqual(['Number,Date,Amount,Tender\n1,01/05/2026,1.00,CA\n']);
  await decide(t.engine.knex, 'dismiss', { pipeline: 'to-ledger' });
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 sent', '2 v1 dismissed']);
});

test('a preview writes nothing, here and there', async () => {
  const t = await town();
  const preview = await t.preview('to-ledger');
  expect([preview.notes, preview.counts.created]).toEqual([['ledger.entries: 2 records, Amount 13.50 wait to be sent.'], 2]);
  expect([await outbox(t), delivered(t)]).toEqual([[], {}]);
});

test('a record that the ledger would not take is refused with its reason, the others go; fixed, it goes too', async () => {
  const t = await town({}, [{ number: '1234567' }, { number: '2' }]);
  const run = await send(t);
  expect([run.outcome, run.counts.rejected]).toEqual(['partial', 1]);
  expect(Object.values(delivered(t))).toEqual(['Number,Date,Amount,Tender\n2,01/05/2026,1.00,CA\n']);
  const [refused] = (await t.rows('il_outbox')).filter((row) => row.state === 'refused');
  expect(String(refused!.problems)).toContain('VALUE_TOO_LONG');
  const longer = ledger();
  longer['connectors/ledger/connector.yaml'] = longer['connectors/ledger/connector.yaml']!.replace('max_length: 6', 'max_length: 7');
  t.write(longer);
  await t.reopen();
  expect((await send(t)).outcome).toBe('succeeded');
  expect(await outbox(t)).toEqual(['1234567 v1 sent', '2 v1 sent']);
});

test('a receipt that changes after it was sent is held, never sent a second time by itself', async () => {
  const t = await town();
  await send(t);
  t.write({ 'inbox/receipts-2.csv': receipts([{ number: '2', amount: '99.00', tender: 'CK' }]) }, 5);
  await t.run('receipts');
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 sent', '2 v2 held']);
  const held = (await t.rows('il_outbox')).find((row) => row.state === 'held')!;
  expect(String(held.problems)).toContain('Since this record was sent, its Amount changed');
  // The clerk puts it right again: nothing is held anymore.
  t.write({ 'inbox/receipts-3.csv': receipts([{ number: '2', amount: '12.50', tender: 'CK' }]) }, 6);
  await t.run('receipts');
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 sent', '2 v1 sent']);
  t.write({ 'inbox/receipts-4.csv': receipts([{ number: '2', amount: '100.00', tender: 'CK' }]) }, 7);
  await t.run('receipts');
  await send(t);
  await decide(t.engine.knex, 'approve', { pipeline: 'to-ledger' });
  await send(t);
  expect(delivered(t)['entries-2026-03-02-002.csv']).toBe('Number,Date,Amount,Tender\n2,01/05/2026,100.00,CK\n');
});

test('changes: send, for a system that takes the newest for the truth', async () => {
  const t = await town({ sink: '    changes: send\n' });
  await send(t);
  t.write({ 'inbox/receipts-2.csv': receipts([{ number: '2', amount: '99.00', tender: 'CK' }]) }, 5);
  await t.run('receipts');
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 sent', '2 v2 sent']);
});

test('a record that is deleted at its source after it was sent is told to a person; before, it is just not sent', async () => {
  const deletes = '    deletes: { field: note, values: [gone] }\n';
  const { tillStream } = await import('../engine/base-town.ts');
  const made = await makeTown({
    ...ledger(),
    ...tillStream({ more: deletes }),
    'inbox/receipts-1.csv': receipts([{ number: '1' }, { number: '2' }]),
  });
  await made.run('receipts');
  await send(made);
  made.write({ 'inbox/receipts-2.csv': receipts([{ number: '1', note: 'gone' }, { number: '3' }]) }, 5);
  await made.run('receipts');
  made.write({ 'inbox/receipts-3.csv': receipts([{ number: '3', note: 'gone' }]) }, 6);
  await made.run('receipts');
  await send(made);
  expect(await outbox(made)).toEqual(['2 v1 sent', '1 v2 delete held']);
});

test('taken, then accepted or rejected by a person: a file that is gone from the folder is acknowledged, and what is late is told', async () => {
  const t = await town({
    sink: '    acknowledgment: { taken: true, person: The edit report., within: 1h }\n    one_at_a_time: true\n    max_records: 1\n',
  });
  const first = await send(t);
  // The second waits until the first was taken.
  expect([Object.keys(delivered(t)), await outbox(t)]).toEqual([['entries-2026-03-02-001.csv'], ['1 v1 sent', '2 v1 queued']]);
  expect(first.notes.join(' ')).toContain('takes one file at a time');
  const late = await t.run('to-ledger', { now: () => new Date('2026-03-02T17:00:00Z') });
  expect(late.notes.join(' ')).toContain('has had no answer from ledger.entries for longer than 1h');
  rmSync(join(t.folder, 'ledger/entries-2026-03-02-001.csv'));
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 acknowledged', '2 v1 sent']);
  const [one] = await listDeliveries(t.engine.knex, { states: ['acknowledged'] });
  await settleByPerson(t.engine.knex, one!.id, false, 'period closed');
  expect(await outbox(t)).toEqual(['1 v1 rejected', '2 v1 sent']);
  await decide(t.engine.knex, 'retry', { pipeline: 'to-ledger' });
  rmSync(join(t.folder, 'ledger/entries-2026-03-02-002.csv'));
  await send(t);
  expect(await outbox(t)).toEqual(['2 v1 acknowledged', '1 v2 sent']);
});

const ANSWERS = `    acknowledgment:
      file:
        accepted: '{name}.ok'
        rejected: '{stem}.err'
        records:
          name: '{stem}-result.csv'
          decoder: { csv: {} }
          key: [No]
          result: Result
          accepted: [OK]
          rejected: [ERROR]
          reason: Text
`;

test('an answer file says it record by record: one is accepted, the other rejected with the reason, and a corrected one is sent again', async () => {
  const t = await town({ sink: ANSWERS });
  await send(t);
  t.write({ 'ledger/entries-2026-03-02-001-result.csv': 'No,Result,Text\n1,OK,\n2,ERROR,Unknown account\n' });
  const run = await send(t);
  expect([run.outcome, run.notes.join(' ')]).toEqual(['partial', expect.stringContaining('Unknown account')]);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 rejected']);
  expect((await listDeliveries(t.engine.knex, {}))[0]!.state).toBe('partial');
  t.write({ 'inbox/receipts-2.csv': receipts([{ number: '2', amount: '13.00', tender: 'CK' }]) }, 5);
  await t.run('receipts');
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v2 sent']);
  t.write({ 'ledger/entries-2026-03-02-002.csv.ok': '' });
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v2 accepted']);
});

test('a file that says no rejects everything in it, with its own words', async () => {
  const t = await town({ sink: ANSWERS });
  await send(t);
  t.write({ 'ledger/entries-2026-03-02-001.err': 'Period 9 is closed\nmore' });
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 rejected', '2 v1 rejected']);
  expect(String((await t.rows('il_outbox'))[0]!.problems)).toContain('Period 9 is closed');
});

test('a file with an answer that says yes and one that says no is for a person to settle', async () => {
  const t = await town({ sink: ANSWERS });
  await send(t);
  const name = 'ledger/entries-2026-03-02-001';
  t.write({ [`${name}.err`]: 'Period 9 is closed', [`${name}.csv.ok`]: '' });
  const run = await send(t);
  expect(run.problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'ANSWERS_CONTRADICT: The answers of the other system to entries-2026-03-02-001.csv contradict each other: entries-2026-03-02-001.csv.ok says that it was accepted, entries-2026-03-02-001.err that it was rejected.',
  ]);
  expect(await outbox(t)).toEqual(['1 v1 unknown', '2 v1 unknown']);
  await send(t);
  expect(Object.keys(delivered(t)).filter((file) => file.endsWith('.csv'))).toEqual(['entries-2026-03-02-001.csv']);
  await settleByPerson(t.engine.knex, 1, true, 'seen in the ledger');
  expect(await outbox(t)).toEqual(['1 v1 accepted', '2 v1 accepted']);
});

test('another file under the name is never written over; the same content is ours, from before the store was restored', async () => {
  const t = await town();
  t.write({ 'ledger/entries-2026-03-02-001.csv': 'theirs\n' });
  const run = await send(t);
  expect([run.outcome, run.problems[0]!.code]).toEqual(['failed', 'TARGET_EXISTS']);
  expect(delivered(t)['entries-2026-03-02-001.csv']).toBe('theirs\n');
  t.remove('ledger/entries-2026-03-02-001.csv');
  expect((await send(t)).outcome).toBe('succeeded');
  expect(await outbox(t)).toEqual(['1 v1 sent', '2 v1 sent']);
  // The store is lost and made again; the ledger has not taken the file yet.
  await t.engine.knex('il_outbox').delete();
  await t.engine.knex('il_delivery').delete();
  await t.engine.knex('il_outbound').delete();
  await t.engine.knex('il_sequence').where('name', 'like', 'sink:%').delete();
  expect((await send(t)).outcome).toBe('succeeded');
  expect(Object.keys(delivered(t))).toEqual(['entries-2026-03-02-001.csv']);
});

test('a record that the encoding cannot carry is refused with its reason, and the others do not wait for it', async () => {
  const files = ledger();
  files['connectors/ledger/connector.yaml'] = files['connectors/ledger/connector.yaml']!.replace(
    'csv: {}',
    'csv: { encoding: windows-1252 }',
  );
  const t = await makeTown({ ...files, 'inbox/receipts-1.csv': receipts([{ number: '☃' }, { number: '2' }]) });
  await t.run('receipts');
  const run = await send(t);
  expect([run.outcome, run.counts.rejected]).toEqual(['partial', 1]);
  expect(Object.values(delivered(t))).toEqual(['Number,Date,Amount,Tender\n2,01/05/2026,1.00,CA\n']);
  expect(await outbox(t)).toEqual(['☃ v1 refused', '2 v1 sent']);
  const again = await send(t);
  expect([again.problems, Object.keys(delivered(t))]).toEqual([[], ['entries-2026-03-02-001.csv']]);
});
