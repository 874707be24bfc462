import { afterEach, describe, expect, test } from 'vitest';
import { readReconciliation } from '../../../src/reports/reconciliation/reconciliation.ts';
import { takeLock } from '../../../src/store/locks.ts';
import { depositFile, MONEY, moneyTown, receiptFile, reconciliation, revenue, standing } from './agreement-town.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

const AGREED = { 'desk/a.csv': receiptFile([{ no: 'R1', amount: '40.00' }]), 'bank/a.csv': depositFile([{ no: 'D1', amount: '40.00' }]) };

/** A town in which 40.00 was compared and agreed. */
async function agreed(files: Record<string, string> = reconciliation('to-bank')): Promise<TestTown> {
  const town = await moneyTown({ ...AGREED, ...files });
  for (const pipeline of ['desk-receipts', 'bank-deposits']) expect((await town.run(pipeline)).outcome).toBe('succeeded');
  await town.run('to-bank');
  expect(await standing(town)).toEqual({ reconciled: 4000, open: 0, why: [] });
  return town;
}

describe('a receipt is reconciled only by what was looked at and agreed', () => {
  test('receipts that come after the last comparison are not reconciled, be it on a new day or on one that agreed', async () => {
    const town = await agreed();
    town.write({ 'desk/b.csv': receiptFile([{ no: 'R2', day: '2026-07-02', amount: '25.00' }]) });
    await town.run('desk-receipts');
    expect(await standing(town)).toMatchObject({
      reconciled: 4000,
      open: 2500,
      why: [expect.stringMatching(/^to-bank has not compared it since it came/)],
    });
    // The day was 40.00 here and in the bank; with another receipt it is not anymore, and it is not known which one is wrong.
    town.write({ 'desk/c.csv': receiptFile([{ no: 'R3', amount: '1.00' }]) });
    await town.run('desk-receipts');
    expect(await standing(town)).toMatchObject({ reconciled: 0, open: 6600 });
    await town.run('to-bank');
    expect(await standing(town)).toMatchObject({
      reconciled: 0,
      open: 6600,
      why: [
        'to-bank, 2026-07-01: receipts add up to 41.00, the bank says 40.00: 1.00 less',
        'to-bank, 2026-07-02: receipts add up to 25.00, the bank has nothing: 25.00 less',
      ],
    });
  });

  test('a receipt that changes from 40.00 to 4,000.00 is not reconciled anymore', async () => {
    const town = await agreed();
    town.write({ 'desk/b.csv': receiptFile([{ no: 'R1', amount: '4000.00' }]) });
    await town.run('desk-receipts');
    expect(await standing(town)).toMatchObject({
      reconciled: 0,
      open: 400_000,
      why: [expect.stringContaining('to-bank has not compared it since it changed')],
    });
  });

  test('a deposit that changes takes its receipts with it, and so does one that comes or goes', async () => {
    for (const rows of [
      [{ no: 'D1', amount: '39.00' }],
      [
        { no: 'D1', amount: '40.00' },
        { no: 'D2', amount: '5.00' },
      ],
      [{ no: 'D1', day: '2026-07-09', amount: '40.00' }],
    ]) {
      const town = await agreed();
      town.write({ 'bank/b.csv': depositFile(rows) });
      await town.run('bank-deposits');
      expect(await standing(town)).toMatchObject({
        reconciled: 0,
        open: 4000,
        why: [expect.stringContaining('other records in it have changed since run')],
      });
    }
  });

  test.each([
    ['match_on', reconciliation('to-bank', { keys: ['department', 'day'] }), 'its match_on has changed'],
    ['a filter', reconciliation('to-bank', { receipts: '{ source: desk }' }), 'its left has changed'],
    ['check', reconciliation('to-bank', { more: '  check: left\n' }), 'its check has changed'],
    ['compare_from', reconciliation('to-bank', { more: '  compare_from: 1\n' }), 'its compare_from has changed'],
    [
      'the mapping of receipts',
      { 'mappings/receipt.from-desk.yaml': MONEY['mappings/receipt.from-desk.yaml']!.replace('default: clerk', 'default: desk') },
      'the mappings of desk-receipts have changed',
    ],
    [
      'the mapping of deposits',
      { 'mappings/deposit.from-bank.yaml': MONEY['mappings/deposit.from-bank.yaml']!.replace('default: clerk', 'default: desk') },
      'the mappings of bank-deposits have changed',
    ],
    [
      'the fiscal year',
      { 'config/interlocal.yaml': MONEY['config/interlocal.yaml']!.replace('07-01', '10-01') },
      "the town's calendar or currency has changed",
    ],
  ])('after %s is changed, nothing is reconciled until it has been compared again', async (_, files, why) => {
    const town = await agreed();
    town.write(files);
    await town.reopen();
    expect(await standing(town)).toMatchObject({ reconciled: 0, open: 4000, why: [expect.stringContaining(why)] });
    for (const pipeline of ['desk-receipts', 'bank-deposits', 'to-bank']) await town.run(pipeline);
    expect(await standing(town)).toEqual({ reconciled: 4000, open: 0, why: [] });
  });

  test('keys in another order are another question, also where the same values are in them', async () => {
    const town = await agreed(reconciliation('to-bank', { keys: ['day', 'department'] }));
    town.write(reconciliation('to-bank', { keys: ['department', 'day'] }));
    await town.reopen();
    expect(await standing(town)).toMatchObject({ reconciled: 0, why: [expect.stringContaining('match_on')] });
  });

  test('a run that was killed before its end, or never was, proves nothing', async () => {
    const town = await agreed();
    await town.engine.knex('il_run').where({ pipeline: 'to-bank' }).update({ outcome: null, ended_at: null });
    expect(await standing(town)).toMatchObject({ reconciled: 0, why: ['to-bank did not finish its last run'] });
    town.write(reconciliation('again', { keys: ['department'] }));
    await town.reopen();
    await town.run('to-bank');
    expect(await standing(town)).toMatchObject({ reconciled: 0, why: ['again has not run yet'] });
  });

  test('a preview of a reconciliation leaves the evidence as it was', async () => {
    const town = await agreed();
    town.write({
      'desk/b.csv': receiptFile([{ no: 'R2', day: '2026-07-02', amount: '25.00' }]),
      'bank/b.csv': depositFile([{ no: 'D2', day: '2026-07-02', amount: '25.00' }]),
    });
    for (const pipeline of ['desk-receipts', 'bank-deposits']) await town.run(pipeline);
    await town.preview('to-bank');
    expect(await standing(town)).toMatchObject({ reconciled: 4000, open: 2500 });
  });

  test('records of a pipeline that is off are in no figure and in no comparison', async () => {
    const town = await agreed();
    town.write({ 'pool/a.csv': receiptFile([{ no: 'P1', amount: '7.00' }]) });
    await town.run('pool-receipts');
    town.write({ 'pipelines/pool-receipts.yaml': `${MONEY['pipelines/pool-receipts.yaml']!}mode: off\n` });
    await town.reopen();
    const result = await town.run('to-bank');
    expect(result).toMatchObject({ outcome: 'succeeded', counts: { unchanged: 1, changed: 0 } });
    expect(await standing(town)).toEqual({ reconciled: 4000, open: 0, why: [] });
    town.write({ 'pipelines/pool-receipts.yaml': MONEY['pipelines/pool-receipts.yaml']! });
    await town.reopen();
    expect(await standing(town)).toMatchObject({ reconciled: 0, open: 4700 });
    town.write({ 'pipelines/desk-receipts.yaml': `${MONEY['pipelines/desk-receipts.yaml']!}mode: off\n` });
    await town.reopen();
    expect(await standing(town)).toMatchObject({ reconciled: 0, open: 700, why: [expect.stringContaining('desk-receipts is now off')] });
  });
});

describe('the newest version of a record was rejected', () => {
  test('the last good one stays in the figures, is not reconciled, and says so; its day does not count as agreed', async () => {
    const town = await agreed();
    town.write({
      'desk/b.csv': receiptFile([
        { no: 'R1', amount: 'forty' },
        { no: 'R2', day: '2026-07-03', amount: '1.00' },
      ]),
    });
    expect((await town.run('desk-receipts')).outcome).toBe('partial');
    const why = 'the newest version of it was rejected by desk-receipts; the last good one is counted';
    expect(await standing(town)).toMatchObject({ reconciled: 0, open: 4100, why: expect.arrayContaining([why]) });
    const result = await town.run('to-bank');
    expect(result.outcome).toBe('partial');
    expect(result.problems.map((p) => `${p.place.system}: ${p.message}`)).toEqual([
      'desk-receipts: 1 record is rejected, so receipts may be missing it.',
      'pool-receipts: This pipeline has not run yet, so receipts may be incomplete.',
    ]);
    expect((await readReconciliation(town.engine, 'to-bank', { all: true })).lines.find((l) => l.key[0] === '2026-07-01')).toMatchObject({
      status: 'unchecked',
      reason: 'receipts and the bank both say 40.00, but the newest version of a record of receipts was rejected',
    });
    expect(await standing(town)).toMatchObject({ reconciled: 0, open: 4100 });
    town.write({
      'desk/c.csv': receiptFile([
        { no: 'R1', amount: '40.00' },
        { no: 'R2', day: '2026-07-03', amount: '1.00' },
      ]),
    });
    await town.run('desk-receipts');
    await town.run('to-bank');
    expect(await standing(town)).toMatchObject({ reconciled: 4000, open: 100 });
  });

  test('so it is when the newest deposit was rejected, and when only a line of the receipt was', async () => {
    const town = await agreed();
    town.write({ 'bank/b.csv': depositFile([{ no: 'D1', amount: 'forty' }]) });
    await town.run('bank-deposits');
    await town.run('to-bank');
    expect(await standing(town)).toMatchObject({
      reconciled: 0,
      open: 4000,
      why: [expect.stringContaining('the newest version of a record of the bank was rejected')],
    });

    const other = await agreed();
    other.write({ 'lines/a.csv': 'no,receipt,account,amount\nL1,R1,100-1,40.00\n' });
    await other.run('charges');
    other.write({ 'lines/b.csv': 'no,receipt,account,amount\nL1,R1,100-1,x\n' });
    await other.run('charges');
    expect(await standing(other)).toMatchObject({
      reconciled: 0,
      open: 4000,
      why: ['the newest version of a line of it was rejected by charges; the last good one is counted'],
    });
  });
});

test('money of which the account is not known is listed, and +10.00 and −10.00 do not make 0.00', async () => {
  const town = await moneyTown({
    'desk/a.csv': receiptFile([
      { no: 'R1', amount: '50.00' },
      { no: 'R2', amount: '50.00' },
      { no: 'R3', amount: '5.00' },
      { no: 'R4', amount: '-5.00' },
    ]),
    'lines/a.csv': 'no,receipt,account,amount\nL1,R1,100-1,40.00\nL2,R2,100-1,60.00\n',
  });
  for (const pipeline of ['desk-receipts', 'charges']) await town.run(pipeline);
  const rows = await revenue(town);
  expect(rows.map((r) => [r.account, r.receipt, r.amount, r.receipts])).toEqual([
    ['(no account)', null, 500, 1],
    ['(no account)', null, -500, 1],
    ['(no account)', 'R1', 1000, 0],
    ['(no account)', 'R2', -1000, 0],
    ['100-1', null, 10_000, 2],
  ]);
});

describe('a side that is incomplete', () => {
  test('a refused file behind it is named with what it leaves without deposits, and the run has not succeeded', async () => {
    const days = Array.from({ length: 11 }, (_, i) => `2026-06-${String(i + 2).padStart(2, '0')}`);
    const town = await moneyTown({
      ...reconciliation('to-bank', { receipts: '{ source: desk }' }),
      'desk/a.csv': receiptFile(days.map((day, i) => ({ no: `R${i}`, day, amount: '1.00' }))),
      'bank/bai-260612.csv': 'no,day,dept\n',
    });
    await town.run('desk-receipts');
    expect((await town.run('bank-deposits')).outcome).toBe('failed');
    const result = await town.run('to-bank');
    expect(result.outcome).toBe('partial');
    expect(result.problems).toMatchObject([
      { code: 'SIDE_INCOMPLETE', place: { system: 'bank-deposits' }, message: 'bai-260612.csv was refused: 11 days have no deposits.' },
    ]);
    town.write({ 'bank/bai-260612.csv': depositFile(days.map((day, i) => ({ no: `D${i}`, day, amount: '1.00' }))) });
    await town.run('bank-deposits');
    expect(await town.run('to-bank')).toMatchObject({ outcome: 'succeeded', problems: [] });
  });

  test('so is a pipeline that never ran, and one that failed; one that is of no concern is not', async () => {
    const town = await moneyTown({ ...AGREED, ...reconciliation('to-bank', { receipts: '{ source: desk }' }) });
    await town.run('desk-receipts');
    expect(await town.run('to-bank')).toMatchObject({
      outcome: 'partial',
      problems: [{ place: { system: 'bank-deposits' }, message: 'This pipeline has not run yet, so the bank may be incomplete.' }],
    });
    await town.run('bank-deposits');
    town.write({ 'pool/a.csv': receiptFile([{ no: 'P1', amount: 'x' }]) });
    await town.run('pool-receipts');
    expect((await town.run('to-bank')).outcome).toBe('succeeded');
    await town.engine.knex('il_run').where({ pipeline: 'bank-deposits' }).update({ outcome: 'failed' });
    expect(await town.run('to-bank')).toMatchObject({
      outcome: 'partial',
      problems: [{ message: 'The last run of this pipeline failed, so the bank may be incomplete.' }],
    });
  });

  test('one whose run was killed, or could not save its end, is not said to be running', async () => {
    const town = await moneyTown({ ...AGREED, ...reconciliation('to-bank', { receipts: '{ source: desk }' }) });
    await town.run('desk-receipts');
    await town.run('bank-deposits');
    await town.engine.knex('il_run').where({ pipeline: 'bank-deposits' }).update({ outcome: null, ended_at: null });
    const interrupted = await town.run('to-bank');
    expect(interrupted.problems).toMatchObject([
      { message: 'The last run of this pipeline was interrupted, so the bank may be incomplete.' },
    ]);
    expect(interrupted.problems[0]!.hint).toBe('Run bank-deposits, then this reconciliation.');
    const lock = await takeLock(town.engine.knex, 'pipeline:bank-deposits');
    expect((await town.run('to-bank')).problems).toMatchObject([
      { message: 'This pipeline is running now, so the bank may be incomplete.' },
    ]);
    if ('release' in lock) await lock.release();
  });
});
