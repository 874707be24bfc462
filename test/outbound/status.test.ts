import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { decide, settleByPerson } from '../../src/engine/outbound/decide.ts';
import { forAPerson, forAPersonText } from '../../src/reports/outbound/deliveries.ts';
import { statusOf } from '../../src/reports/status.ts';
import { receipts } from '../engine/base-town.ts';
import { townCommand } from '../cli/command-line.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { ledger } from './base-outbound.ts';

afterEach(closeTowns);

const NOW = new Date('2026-03-02T15:00:00Z');
const HOURS_LATER = new Date('2026-03-02T18:00:00Z');
const send = (town: TestTown) => town.run('to-ledger', { now: () => NOW });
const SINK = '    acknowledgment: { taken: true, person: The edit report., within: 1h }\n';

async function town(shape: Parameters<typeof ledger>[0], rows = [{ number: '1' }, { number: '2' }]) {
  const made = await makeTown({ ...ledger(shape), 'inbox/receipts-1.csv': receipts(rows) });
  await made.run('receipts');
  return made;
}

async function outbound({ engine }: TestTown, now = NOW) {
  return (await statusOf(engine, now)).find((status) => status.pipeline === 'to-ledger')!.outbound!;
}

test('status says what is only shown, what waits for approval, and what a person has decided', async () => {
  const t = await town({ mode: 'shadow' });
  await send(t);
  expect(await outbound(t)).toMatchObject({ connection: 'ledger', sink: 'entries', shadow: 2, queued: 0, last_delivery: null });
  expect(forAPerson(await outbound(t))).toBe(0);
  t.write(ledger({ mode: 'review' }));
  await t.reopen();
  await send(t);
  expect(forAPersonText(await outbound(t))).toBe('2 to approve');
  const [first] = await t.rows('il_outbox');
  await decide(t.engine.knex, 'approve', { ids: [Number(first!.id)] });
  expect(await outbound(t)).toMatchObject({ queued: 1, needs_attention: { review: 1 } });
});

test('a file is on its way until the remote system took it and a person settled it, and overdue after its time', async () => {
  const t = await town({ sink: SINK });
  await send(t);
  expect(await outbound(t)).toMatchObject({
    on_its_way: 2,
    overdue: 0,
    to_settle: 0,
    last_delivery: { name: 'entries-2026-03-02-001.csv', state: 'sent', records: 2, totals: { Amount: '2.00' } },
  });
  expect((await outbound(t, HOURS_LATER)).overdue).toBe(1);
  rmSync(join(t.folder, 'ledger/entries-2026-03-02-001.csv'));
  await send(t);
  const taken = await outbound(t);
  expect([taken.on_its_way, forAPersonText(taken)]).toEqual([2, 'answer needed for 1 delivery']);
  await settleByPerson(t.engine.knex, taken.last_delivery!.id, true, undefined);
  expect(await outbound(t, HOURS_LATER)).toMatchObject({ on_its_way: 0, overdue: 0, to_settle: 0, last_delivery: { state: 'accepted' } });
});

test('what was sent without anybody having to answer is not on its way for ever', async () => {
  const t = await town({});
  await send(t);
  expect(await outbound(t)).toMatchObject({ on_its_way: 0, overdue: 0, last_delivery: { state: 'sent' } });
});

test('a sent receipt that waits for its answer counts, also when a change of it is held', async () => {
  const t = await town({ sink: SINK });
  await send(t);
  t.write({ 'inbox/receipts-2.csv': receipts([{ number: '2', amount: '9.00' }]) }, 5);
  await t.run('receipts');
  await send(t);
  const held = await outbound(t);
  expect([held.on_its_way, forAPersonText(held)]).toEqual([2, '1 on hold']);
});

test('the command line shows it, with what to look at next', async () => {
  const t = await town({ mode: 'review' }, [{ number: '1' }, { number: '1234567' }]);
  await send(t);
  const { out, exit } = await townCommand(t.folder, ['status']);
  expect(exit).toBe(3);
  expect(out).toMatch(/^to-ledger +ledger\.entries +2 +0 +0 +0 +never$/m);
  expect(out).toContain('to-ledger: needs attention: 1 to approve, 1 refused. See: interlocal deliver list to-ledger');
  const json = JSON.parse((await townCommand(t.folder, ['status', '--json'])).out) as { pipelines: Record<string, unknown>[] };
  expect(json.pipelines.map(({ pipeline, outbound }) => [pipeline, outbound === null])).toContainEqual(['receipts', true]);
  expect(json.pipelines.find(({ pipeline }) => pipeline === 'to-ledger')).toMatchObject({
    outbound: { needs_attention: { review: 1, held: 0, unknown: 0, rejected: 0, refused: 1 } },
  });
});
