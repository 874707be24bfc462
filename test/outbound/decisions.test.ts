import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { commandLine } from '../cli/command-line.ts';
import { registerDeliver } from '../../src/cli/operate/deliver/deliver.ts';
import { registerRejects } from '../../src/cli/operate/rejects.ts';
import { decide } from '../../src/engine/outbound/decide.ts';
import { undo } from '../../src/engine/outbound/undo.ts';
import { listAudit } from '../../src/store/ledger/audit.ts';
import { receipts } from '../engine/base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { ledger, outbox } from './base-outbound.ts';

afterEach(closeTowns);

const NOW = new Date('2026-03-02T15:00:00Z');
const send = (town: TestTown) => town.run('to-ledger', { now: () => NOW });
const TAKEN = { sink: '    acknowledgment: { taken: true, person: The edit report., within: 1h }\n' };

async function town(shape: Parameters<typeof ledger>[0] = TAKEN): Promise<TestTown> {
  const rows = [
    { number: '1', amount: '1000.00' },
    { number: '2', amount: '234.50' },
  ];
  const made = await makeTown({ ...ledger(shape), 'inbox/receipts-1.csv': receipts(rows) });
  await made.run('receipts');
  await send(made);
  return made;
}

/** The file is gone from the folder: the ledger took it. */
async function taken(t: TestTown): Promise<void> {
  rmSync(join(t.folder, 'ledger/entries-2026-03-02-001.csv'));
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 acknowledged', '2 v1 acknowledged']);
}

async function cli(t: TestTown, ...args: string[]): Promise<{ exit: number; json: Record<string, unknown>; err: string }> {
  const { exit, out, err } = await commandLine([...args, '--json', '--project', t.folder], [registerDeliver, registerRejects]);
  return { exit, json: JSON.parse(out) as Record<string, unknown>, err };
}

const audited = async (t: TestTown, action: string) => (await listAudit(t.engine.knex, { action, limit: 10 })).map((e) => e.detail);

test('rejecting a delivery says how many records and dollars it is and that the ledger took the file, and needs a reason', async () => {
  const t = await town();
  await taken(t);
  const without = await cli(t, 'deliver', 'settle', '1', '--rejected');
  expect([without.exit, without.json]).toMatchObject([2, { error: { code: 'REASON_MISSING' } }]);
  const asked = await cli(t, 'deliver', 'settle', '1', '--rejected', '--reason', 'period closed');
  expect([asked.exit, asked.json]).toMatchObject([2, { error: { code: 'CONFIRMATION_NEEDED' } }]);
  expect(asked.err).toContain('2 records of to-ledger, acknowledged: Amount 1,234.50.');
  expect(asked.err).toContain('The other system took entries-2026-03-02-001.csv (delivery 1), with 2 of these records.');
  expect(await outbox(t)).toEqual(['1 v1 acknowledged', '2 v1 acknowledged']);
  const done = await cli(t, 'deliver', 'settle', '1', '--rejected', '--reason', 'period closed', '--yes');
  expect([done.exit, done.json]).toMatchObject([0, { state: 'rejected' }]);
  expect(await audited(t, 'delivery_settled')).toEqual([{ delivery: 1, accepted: false, records: 2, reason: 'period closed' }]);
});

test('a settlement that was a mistake is taken back, on record, and the delivery is settled again', async () => {
  const t = await town();
  await taken(t);
  await cli(t, 'deliver', 'settle', '1', '--rejected', '--reason', 'wrong file looked at', '--yes');
  const again = await cli(t, 'deliver', 'settle', '1', '--accepted');
  expect(again.json).toMatchObject({ error: { code: 'DELIVERY_SETTLED' } });
  expect(again.err).toContain('interlocal deliver undo --delivery 1');
  expect((await cli(t, 'deliver', 'undo', '--delivery', '1')).json).toMatchObject({ error: { code: 'REASON_MISSING' } });
  expect((await cli(t, 'deliver', 'undo', '--delivery', '1', '--reason', 'it was accepted', '--yes')).json).toEqual({
    done: [1, 2],
    left: [],
  });
  expect(await outbox(t)).toEqual(['1 v1 acknowledged', '2 v1 acknowledged']);
  expect((await cli(t, 'deliver', 'show', '1')).json).toMatchObject({
    state: 'acknowledged',
    answer: null,
    answered_at: null,
    problems: [],
  });
  expect((await cli(t, 'deliver', 'settle', '1', '--accepted')).json).toMatchObject({ state: 'accepted' });
  expect(await audited(t, 'delivery_undone')).toEqual([{ decisions: ['settle'], records: [1, 2], count: 2, reason: 'it was accepted' }]);
});

test('retrying a whole pipeline shows what it would send again first, and that the ledger took it before', async () => {
  const t = await town();
  await taken(t);
  await cli(t, 'deliver', 'settle', '1', '--rejected', '--reason', 'period closed', '--yes');
  const asked = await cli(t, 'deliver', 'retry', '--pipeline', 'to-ledger');
  expect([asked.exit, asked.json]).toMatchObject([2, { error: { code: 'CONFIRMATION_NEEDED' } }]);
  expect(asked.err).toContain(
    '2 records of to-ledger, rejected: Amount 1,234.50. Warning: The other system took entries-2026-03-02-001.csv',
  );
  expect(await outbox(t)).toEqual(['1 v1 rejected', '2 v1 rejected']);
  // One record by its number warns as well.
  expect((await cli(t, 'deliver', 'retry', '1')).json).toMatchObject({ error: { code: 'CONFIRMATION_NEEDED' } });
  expect((await cli(t, 'deliver', 'retry', '--pipeline', 'to-ledger', '--yes')).json).toMatchObject({ done: [1, 2] });
  expect(await outbox(t)).toEqual(['1 v2 queued', '2 v2 queued']);
  // What is queued again and was a mistake goes back; the rejected version is the newest again.
  expect((await cli(t, 'deliver', 'undo', '3', '4', '--reason', 'not yet', '--yes')).json).toMatchObject({ done: [3, 4], left: [] });
  expect(await outbox(t)).toEqual(['1 v1 rejected', '2 v1 rejected']);
});

test('what is dismissed needs a reason, and comes back with the problem that it waited for', async () => {
  const t = await town({ mode: 'review' });
  expect((await cli(t, 'deliver', 'dismiss', '1')).json).toMatchObject({ error: { code: 'REASON_MISSING' } });
  expect((await cli(t, 'deliver', 'dismiss', '1', '--reason', '?')).json).toMatchObject({ error: { code: 'REASON_MISSING' } });
  expect((await cli(t, 'deliver', 'dismiss', '1', '--reason', 'test entry')).json).toEqual({ done: [1], left: [] });
  const { json } = await cli(t, 'deliver', 'list', '--state', 'dismissed');
  expect(json).toMatchObject({ records: [{ id: 1, decision: { did: 'dismiss', reason: 'test entry' } }] });
  expect((await cli(t, 'deliver', 'undo', '1', '--reason', 'no test entry')).json).toEqual({ done: [1], left: [] });
  expect(await outbox(t)).toEqual(['1 v1 review', '2 v1 review']);
});

test('an approval is taken back as long as nothing was sent, and not after', async () => {
  const t = await town({ mode: 'review' });
  expect((await cli(t, 'deliver', 'approve', '--pipeline', 'to-ledger')).json).toMatchObject({ error: { code: 'CONFIRMATION_NEEDED' } });
  await cli(t, 'deliver', 'approve', '--pipeline', 'to-ledger', '--yes');
  expect(await outbox(t)).toEqual(['1 v1 queued', '2 v1 queued']);
  await undo(t.engine.knex, { ids: [2] }, 'not that one');
  await send(t);
  expect(await outbox(t)).toEqual(['1 v1 sent', '2 v1 review']);
  const late = await cli(t, 'deliver', 'undo', '1', '--reason', 'too late');
  expect([late.exit, late.json]).toEqual([1, { done: [], left: [1] }]);
});

test('of a record that was sent again since, the settlement is not taken back: it would go twice', async () => {
  const t = await town();
  await taken(t);
  await cli(t, 'deliver', 'settle', '1', '--rejected', '--reason', 'period closed', '--yes');
  await decide(t.engine.knex, 'retry', { ids: [1] });
  await send(t);
  const result = await cli(t, 'deliver', 'undo', '--delivery', '1', '--reason', 'it was accepted', '--yes');
  expect([result.json, await outbox(t)]).toEqual([{ done: [2], left: [] }, ['2 v1 acknowledged', '1 v2 sent']]);
});

test('several rejected records are dismissed only after they were counted, and opened again by their numbers', async () => {
  const t = await makeTown({
    'inbox/receipts.csv': receipts([
      { number: '1' },
      { number: '2', tender: 'XX', amount: '12.50' },
      { number: '3', tender: 'XX', amount: '7.00' },
    ]),
  });
  await t.run('receipts');
  const asked = await cli(t, 'rejects', 'dismiss', '1', '2', '--reason', 'test records');
  expect([asked.exit, asked.json]).toMatchObject([2, { error: { code: 'CONFIRMATION_NEEDED' } }]);
  expect(asked.err).toContain('To dismiss: 2 records of receipts: 19.50 USD.');
  expect((await cli(t, 'rejects', 'dismiss', '1', '2', '--reason', 'test records', '--yes')).json).toEqual({
    dismissed: 2,
    ids: [1, 2],
    left: [],
  });
  const some = await cli(t, 'rejects', 'reopen', '1', '--reason', 'number 2 is real');
  expect(some.json).toEqual({ reopened: 1, ids: [1], left: [] });
  expect((await t.rejects()).map((r) => r.key)).toEqual(['2']);
  expect(await audited(t, 'reject_reopened')).toEqual([{ count: 1, ids: [1], reason: 'number 2 is real' }]);
  // What closed by itself is no decision of a person.
  t.write({ 'inbox/receipts.csv': receipts([{ number: '1' }, { number: '2' }, { number: '3' }]) });
  await t.run('receipts');
  expect((await cli(t, 'rejects', 'reopen', '1', '--reason', 'again')).json).toMatchObject({ reopened: 0, left: [1] });
});
