import { afterEach, describe, expect, test } from 'vitest';
import { reconciliationText } from '../../../src/cli/operate/report/reconciliation.ts';
import { showException } from '../../../src/engine/reconciliation/exceptions/exceptions.ts';
import { matchLines } from '../../../src/engine/reconciliation/matches.ts';
import { exceptionLines } from '../../../src/reports/reconciliation/exceptions.ts';
import { readReconciliation } from '../../../src/reports/reconciliation/reconciliation.ts';
import { depositFile, moneyTown, receiptFile } from './agreement-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

const KEY = `    - key: number
      on: [{ left: receipt_number, right: reference }]
`;
const pipeline = (name: string, more: string, passes = KEY): string => `pipeline: ${name}
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes:
${passes}  open:
    left: { type: not_deposited, within: 2 }
    right: { type: deposit_without_receipt }
${more}`;

const NOW = new Date('2026-07-20T15:00:00Z');
const TODAY = '2026-07-20';
const run = (town: TestTown, name = 'to-bank') => town.run(name, { now: () => NOW });

async function town(files: Record<string, string>) {
  const made = await moneyTown(files);
  for (const name of ['desk-receipts', 'pool-receipts', 'bank-deposits']) await made.run(name);
  return made;
}

describe('findings and echoes in the store', () => {
  test('rules of the pipeline find copies, gaps and late deposits; each side is told by state', async () => {
    const t = await town({
      'pipelines/to-bank.yaml': pipeline(
        'to-bank',
        `  exceptions:
    - { duplicates: left, fields: [department, account] }
    - { late: 2 }
    - { gaps: left, number: receipt_number }
`,
        `    - key: department and account
      on: [department]
      sides: many_to_many
`,
      ),
      'desk/a.csv': receiptFile([
        { no: 'R1', amount: '40.00', account: '100', dept: 'pool' },
        { no: 'R2', amount: '40.00', account: '100', dept: 'pool' },
        { no: 'R5', amount: '7.00', account: '200', dept: 'pool' },
      ]),
      'bank/a.csv': depositFile([{ no: 'B1', amount: '47.00', dept: 'pool', day: '2026-07-09' }]),
    });
    expect((await run(t)).outcome).toBe('succeeded');
    const list = await exceptionLines(t.engine, {}, TODAY);
    expect(list.map((e) => [e.type, e.about, e.amount, e.records.map((r) => r.key)]).sort()).toEqual([
      ['duplicate_receipt', 'money', '40.00', ['R2']],
      ['late_deposit', 'finding', '47.00', ['R1', 'R5', 'B1']],
      ['receipt_gap', 'finding', '0.00', []],
    ]);
    expect(list.find((e) => e.type === 'receipt_gap')!.sentence).toBe('2 numbers, R3 to R4, are missing between R2 and R5.');
    const report = await readReconciliation(t.engine, 'to-bank');
    expect(report.states.map((s) => [s.side, s.state, s.records, s.minor])).toEqual([
      ['left', 'confirmed', 2, 4700],
      ['left', 'excepted', 1, 4000],
      ['right', 'confirmed', 1, 4700],
    ]);
    const text = reconciliationText([report], 'table', { all: false, zone: 'America/New_York' });
    expect(text).toContain('in exceptions');
    expect(text).toContain('87.00');
    // The number that was missing comes: the gap closes by itself and says so.
    t.write({
      'desk/b.csv': receiptFile([
        { no: 'R3', amount: '1.00', dept: 'clerk' },
        { no: 'R4', amount: '1.00', dept: 'clerk' },
      ]),
    });
    await t.run('desk-receipts');
    await run(t);
    const gap = await showException(t.engine.knex, list.find((e) => e.type === 'receipt_gap')!.id);
    expect([gap.exception.state, gap.events.at(-1)!.action]).toEqual(['closed', 'closed']);
  });

  test('a refused file is the cause, and what is open for its sake is its echo until it comes', async () => {
    const t = await town({
      'pipelines/to-bank.yaml': pipeline('to-bank', ''),
      'desk/a.csv': receiptFile(['01', '02', '06', '07'].map((day, i) => ({ no: `R${i}`, amount: `${i + 1}0.00`, day: `2026-07-${day}` }))),
      'bank/a.csv': depositFile([{ no: 'R0', amount: '10.00', day: '2026-07-01' }]),
      'bank/b.csv': 'no,day,dept\nR1,2026-07-02,\n',
    });
    await run(t);
    const list = await exceptionLines(t.engine, {}, TODAY);
    const cause = list.find((e) => e.type === 'source_missing')!;
    expect(cause.sentence).toContain('b.csv was refused');
    expect(list.filter((e) => e.cause === cause.id).map((e) => e.type)).toEqual(['not_deposited', 'not_deposited', 'not_deposited']);
    expect(list.filter((e) => e.cause === null)).toEqual([cause]);
    t.write({
      'bank/b.csv': depositFile([1, 2, 3].map((i) => ({ no: `R${i}`, amount: `${i + 1}0.00`, day: `2026-07-0${[1, 2, 6, 7][i]}` }))),
    });
    await t.run('bank-deposits');
    await run(t);
    expect(await exceptionLines(t.engine, {}, TODAY)).toEqual([]);
  });

  test('a deposit that lacks receipts names them, or says that it cannot know which; the rest of it is proposed, and all is conserved', async () => {
    const passes = `    - key: department and day
      on: [department, { left: received_on, right: collected_on }]
      sides: many_to_one
`;
    const t = await town({
      'pipelines/to-bank.yaml': pipeline('to-bank', '', passes),
      'desk/a.csv': receiptFile([
        { no: 'R1', amount: '12.00', dept: 'pool' },
        { no: 'R2', amount: '12.00', dept: 'pool' },
        { no: 'R3', amount: '30.01', dept: 'pool' },
        { no: 'R4', amount: '18.17', dept: 'rink' },
        { no: 'R5', amount: '32.41', dept: 'rink' },
        { no: 'R6', amount: '55.63', dept: 'rink' },
        { no: 'R7', amount: '8.29', dept: 'rink' },
      ]),
      'bank/a.csv': depositFile([
        { no: 'B1', amount: '42.01', dept: 'pool' },
        { no: 'B2', amount: '88.04', dept: 'rink' },
      ]),
    });
    expect((await run(t)).outcome).toBe('succeeded');
    const list = await exceptionLines(t.engine, {}, TODAY);
    expect(list.map((e) => [e.type, e.amount, e.records.map((r) => r.key).sort()]).sort()).toEqual([
      ['not_deposited', '12.00', ['B1', 'R1', 'R2', 'R3']],
      ['not_deposited', '26.46', ['R4', 'R7']],
    ]);
    expect(list.find((e) => e.amount === '12.00')!.sentence).toContain('2 records have just this amount, and it is not known which');
    const [match] = await matchLines(t.engine, {});
    expect([match!.state, match!.left.map((r) => r.key).sort()]).toEqual(['proposed', ['R5', 'R6']]);
    const { states } = await readReconciliation(t.engine, 'to-bank');
    expect(states.filter((s) => s.side === 'left').map((s) => [s.state, s.records, s.minor])).toEqual([
      ['excepted', 5, 5401 + 2646],
      ['proposed', 2, 8804],
    ]);
  });

  test('a receipt that is open in two reconciliations is one trouble', async () => {
    const t = await town({
      'pipelines/to-bank.yaml': pipeline('to-bank', ''),
      'pipelines/to-ledger.yaml': pipeline('to-ledger', '')
        .replace('reconcile:', 'after: [to-bank]\nreconcile:')
        .replace('not_deposited', 'unposted'),
      'desk/a.csv': receiptFile([{ no: 'R1', amount: '40.00' }]),
    });
    // The order of the runs decides nothing.
    for (const order of [
      ['to-ledger', 'to-bank'],
      ['to-bank', 'to-ledger'],
    ]) {
      for (const name of order) await run(t, name);
      const list = (await exceptionLines(t.engine, {}, TODAY)).filter((e) => e.type !== 'source_missing');
      const cause = list.find((e) => e.type === 'not_deposited')!;
      expect(list.map((e) => [e.type, e.cause])).toEqual([
        ['not_deposited', null],
        ['unposted', cause.id],
      ]);
    }
  });

  test('causes are named at the end of a command; where it ends before, the next run of a reconciliation names them', async () => {
    const t = await town({
      'pipelines/to-bank.yaml': pipeline('to-bank', ''),
      'pipelines/to-ledger.yaml': pipeline('to-ledger', '').replace('not_deposited', 'unposted'),
      'pipelines/z-by-day.yaml': pipeline('z-by-day', '').replace('not_deposited', 'only_left'),
      'desk/a.csv': receiptFile([{ no: 'R1', amount: '40.00' }]),
    });
    const echoes = async (): Promise<(string | null)[]> =>
      (await exceptionLines(t.engine, {}, TODAY)).filter((e) => e.type !== 'source_missing' && e.cause !== null).map((e) => e.pipeline);
    // As in a command that is killed after them.
    for (const name of ['to-bank', 'to-ledger']) await t.run(name, { now: () => NOW, othersFollow: true });
    expect(await echoes()).toEqual([]);
    await t.run('desk-receipts');
    expect(await echoes()).toEqual([]);
    await run(t, 'to-bank');
    expect(await echoes()).toEqual(['to-ledger']);
    expect((await townCommand(t.folder, ['run', 'to-ledger', 'z-by-day', 'desk-receipts'])).exit).toBe(0);
    expect((await echoes()).sort()).toEqual(['to-ledger', 'z-by-day']);
  });

  test.each([
    ['R1', '', 'r1'],
    ['000123', ', clean: digits', 'SLIP 123'],
  ])('money that is open as %s elsewhere is an echo by the value that both have%s', async (no, clean, here) => {
    const t = await town({
      'pipelines/to-bank.yaml': pipeline('to-bank', ''),
      'pipelines/to-lines.yaml': `pipeline: to-lines
reconcile:
  left: { name: the ledger, entity: charge, amount: amount }
  right: { name: the bank, entity: deposit, amount: amount }
  passes: [{ key: account, on: [{ left: account, right: reference }] }]
  open: { left: { type: unposted } }
  echo_of: [{ pipeline: to-bank, here: receipt_number, there: receipt_number${clean} }]
`,
      'desk/a.csv': receiptFile([{ no, amount: '40.00' }]),
      'lines/a.csv': `no,receipt,account,amount\n1,${here},100,40.00\n2,R9,100,3.00\n`,
    });
    await t.run('charges');
    await run(t, 'to-lines');
    await run(t, 'to-bank');
    const list = (await exceptionLines(t.engine, {}, TODAY)).filter((e) => e.type !== 'source_missing');
    const cause = list.find((e) => e.type === 'not_deposited')!;
    expect(list.map((e) => [e.type, e.amount, e.cause]).sort()).toEqual([
      ['not_deposited', '40.00', null],
      ['unposted', '3.00', null],
      ['unposted', '40.00', cause.id],
    ]);
  });

  test('the payout of a settlement that did not come is an echo of it within the days that are said, and nothing else is', async () => {
    const t = await town({
      'pipelines/to-bank.yaml': pipeline(
        'to-bank',
        '  exceptions: [{ expected: right, by: [department], days: habit, type: missing_settlement }]\n',
        `    - key: department and day
      on: [department, { left: received_on, right: collected_on }]
      sides: many_to_one
`,
      ).replace('entity: deposit,', 'entity: deposit, where: { department: [pool, rink] },'),
      'pipelines/payouts.yaml': `pipeline: payouts
reconcile:
  left: { name: the ledger, entity: charge, amount: amount }
  right: { name: the bank, entity: deposit, where: { department: [payout] }, amount: amount, date: collected_on }
  passes: [{ key: account, on: [{ left: account, right: reference }] }]
  open: { right: { type: deposit_without_receipt } }
  echo_of: [{ pipeline: to-bank, here: reference, there: department, within: { from: 0, to: 3 } }]
`,
      'desk/a.csv': receiptFile([
        { no: 'R1', amount: '10.00', dept: 'pool', day: '2026-07-01' },
        { no: 'R2', amount: '20.00', dept: 'pool', day: '2026-07-06' },
        { no: 'R3', amount: '30.00', dept: 'pool', day: '2026-07-06' },
      ]),
      'bank/a.csv': depositFile([
        { no: 'S1', amount: '10.00', dept: 'pool', day: '2026-07-01' },
        { no: 'Pool', amount: '50.00', dept: 'payout', day: '2026-07-07' },
        { no: 'rink', amount: '50.00', dept: 'payout', day: '2026-07-07' },
        { no: 'pool', amount: '49.00', dept: 'payout', day: '2026-07-15' },
      ]),
      'lines/a.csv': 'no,receipt,account,amount\n',
    });
    await t.run('charges');
    for (const name of ['payouts', 'to-bank']) await run(t, name);
    const list = (await exceptionLines(t.engine, {}, TODAY)).filter((e) => e.type !== 'source_missing');
    const cause = list.find((e) => e.type === 'missing_settlement')!;
    expect(list.map((e) => [e.type, e.records.map((r) => r.key).join(), e.cause]).sort()).toEqual([
      ['deposit_without_receipt', 'Pool', cause.id],
      ['deposit_without_receipt', 'pool', null],
      ['deposit_without_receipt', 'rink', null],
      ['missing_settlement', 'R2,R3', null],
      ['not_deposited', 'R2', cause.id],
      ['not_deposited', 'R3', cause.id],
    ]);
    // A later run in which none of them changed keeps the causes.
    t.write({ 'bank/b.csv': depositFile([{ no: 'S2', amount: '1.00', dept: 'rink', day: '2026-07-16' }]) }, 60);
    await t.run('bank-deposits');
    for (const name of ['payouts', 'to-bank']) await run(t, name);
    const later = (await exceptionLines(t.engine, {}, TODAY)).filter((e) => e.cause === cause.id);
    expect(later.flatMap((e) => e.records.map((r) => r.key)).sort()).toEqual(['Pool', 'R2', 'R3']);
  });

  const FROM_LINES = `reconcile:
  left: { name: lines, entity: charge, amount: amount }
  right: { name: receipts, entity: receipt, amount: amount }
  passes: [{ key: number, on: [receipt_number] }]
  open: { left: { type: unposted }, right: { type: settled_without_receipt } }
`;

  test('what was voided is one trouble where two reconciliations say the same of it by a value that both have', async () => {
    const t = await town({
      'pipelines/to-bank.yaml': pipeline('to-bank', '  exceptions: [{ voids: left, where: { tender: void } }]\n'),
      'pipelines/of-lines.yaml': `pipeline: of-lines
${FROM_LINES}  exceptions: [{ voids: left, where: { account: void } }]
  echo_of: [{ pipeline: to-bank, here: receipt_number, there: receipt_number }]
`,
      'desk/a.csv': receiptFile([{ no: 'R1', amount: '40.00', tender: 'void' }]),
      'bank/a.csv': depositFile([{ no: 'R1', amount: '40.00' }]),
      'lines/a.csv': 'no,receipt,account,amount\n1,R1,void,40.00\n',
    });
    await t.run('charges');
    for (const name of ['of-lines', 'to-bank']) await run(t, name);
    const list = await exceptionLines(t.engine, {}, TODAY);
    const cause = list.find((e) => e.pipeline === 'to-bank')!;
    expect(list.map((e) => [e.pipeline, e.type, e.cause]).sort()).toEqual([
      ['of-lines', 'void_after_deposit', cause.id],
      ['to-bank', 'void_after_deposit', null],
    ]);
  });

  test('a chargeback that is open in one reconciliation and netted into a match of another is one trouble', async () => {
    const t = await town({
      'pipelines/to-bank.yaml': pipeline('to-bank', '  exceptions: [{ items: right, where: { department: dispute }, type: chargeback }]\n'),
      'pipelines/of-lines.yaml': `pipeline: of-lines
${FROM_LINES}  exceptions: [{ items: left, where: { account: dispute }, type: chargeback }]
  echo_of: [{ pipeline: to-bank, here: receipt_number, there: reference }]
`,
      'desk/a.csv': receiptFile([{ no: 'R1', amount: '40.00' }]),
      'bank/a.csv': depositFile([
        { no: 'R9', amount: '-40.00', dept: 'dispute' },
        { no: 'r-1', amount: '-40.00', dept: 'dispute' },
      ]),
      'lines/a.csv': 'no,receipt,account,amount\n1,R1,dispute,40.00\n',
    });
    await t.run('charges');
    for (const name of ['of-lines', 'to-bank']) await run(t, name);
    const list = (await exceptionLines(t.engine, {}, TODAY)).filter(({ type }) => type === 'chargeback');
    const cause = list.find((e) => e.records.some(({ key }) => key === 'r-1'))!;
    expect(list.map((e) => [e.pipeline, e.about, e.cause]).sort()).toEqual([
      ['of-lines', 'finding', cause.id],
      ['to-bank', 'money', null],
      ['to-bank', 'money', null],
    ]);
  });

  test('of two reconciliations in a chain the first one has the cause, whatever they are called', async () => {
    const t = await town({
      'pipelines/a-to-bank.yaml': pipeline('a-to-bank', ''),
      'pipelines/z-of-lines.yaml': `pipeline: z-of-lines\n${FROM_LINES}`,
      'desk/a.csv': receiptFile([{ no: 'R1', amount: '40.00' }]),
      'bank/a.csv': depositFile([{ no: 'R7', amount: '9.00' }]),
      'lines/a.csv': 'no,receipt,account,amount\n1,R9,100,3.00\n',
    });
    await t.run('charges');
    for (const name of ['a-to-bank', 'z-of-lines']) await run(t, name);
    const list = (await exceptionLines(t.engine, {}, TODAY)).filter((e) => e.records.some(({ key }) => key === 'R1'));
    const cause = list.find((e) => e.pipeline === 'z-of-lines')!;
    expect(list.map((e) => [e.pipeline, e.cause]).sort()).toEqual([
      ['a-to-bank', cause.id],
      ['z-of-lines', null],
    ]);
  });

  test('what comes day by day ends as what comes at once', async () => {
    const rules = pipeline('to-bank', '  exceptions:\n    - { gaps: left, number: receipt_number }\n    - { late: 1 }\n');
    const days = ['01', '02', '06', '07'].map((day, i) => ({
      receipts: receiptFile([
        { no: `R${i * 2}`, amount: `${i + 1}1.00`, day: `2026-07-${day}` },
        { no: `R${i * 2 + 30}`, amount: '5.00', day: `2026-07-${day}` },
      ]),
      deposits: depositFile([{ no: `R${i * 2}`, amount: i === 2 ? '13.00' : `${i + 1}1.00`, day: `2026-07-${day}` }]),
    }));
    const shown = async (t: TestTown) => ({
      matches: (await matchLines(t.engine, {})).map((m) => m.id).sort(),
      exceptions: (await exceptionLines(t.engine, {}, TODAY)).map((e) => [e.id, e.type, e.amount, e.cause]).sort(),
    });
    const slow = await town({ 'pipelines/to-bank.yaml': rules });
    for (const [i, { receipts, deposits }] of days.entries()) {
      slow.write({ [`desk/${i}.csv`]: receipts, [`bank/${i}.csv`]: deposits });
      await slow.run('desk-receipts');
      await slow.run('bank-deposits');
      await run(slow);
    }
    const atOnce = await town({
      'pipelines/to-bank.yaml': rules,
      ...Object.fromEntries(
        days.flatMap((d, i) => [
          [`desk/${i}.csv`, d.receipts],
          [`bank/${i}.csv`, d.deposits],
        ]),
      ),
    });
    await run(atOnce);
    expect(await shown(slow)).toEqual(await shown(atOnce));
  });
});

describe('control totals and settlements in the store', () => {
  test('totals are read from their entity, and a batch that does not hold is not matched', async () => {
    const t = await town({
      'pipelines/to-bank.yaml': pipeline(
        'to-bank',
        '',
        `    - control: closes
      of: left
      on: [{ left: account, right: account }]
      totals: { entity: charge, amount: amount }
${KEY}`,
      ),
      'desk/a.csv': receiptFile([
        { no: 'R1', amount: '40.00', account: '100' },
        { no: 'R2', amount: '5.00', account: '200' },
      ]),
      'bank/a.csv': depositFile([
        { no: 'R1', amount: '40.00' },
        { no: 'R2', amount: '5.00' },
      ]),
      'lines/a.csv': 'no,receipt,account,amount\n1,x,100,40.00\n2,x,200,6.00\n3,x,300,9.00\n',
    });
    await t.run('charges');
    await run(t);
    expect((await matchLines(t.engine, {})).map((m) => m.left[0]!.key)).toEqual(['R1']);
    const list = await exceptionLines(t.engine, {}, TODAY);
    expect(list.map((e) => [e.type, e.amount, e.records.map((r) => r.key)]).sort()).toEqual([
      ['control_total_differs', '-1.00', ['R2']],
      ['deposit_without_receipt', '5.00', ['R2']],
      ['missing_batch', '9.00', []],
    ]);
    expect(list.find((e) => e.type === 'control_total_differs')!.sentence).toBe(
      'Batch 200: the source says 6.00, its records are 1 and come to 5.00. None of them is matched.',
    );
  });

  test('unknown fields of rules and passes are said by validate, each where it stands', async () => {
    await expect(
      moneyTown({
        'pipelines/to-bank.yaml': pipeline(
          'to-bank',
          '  exceptions:\n    - { late: 2, type: receipt_gap }\n    - { gaps: left, number: nope }\n    - { items: right, where: { kind: x }, type: nsf }\n',
          `    - settlement: net\n      of: right\n      parts: { gross: department, fees: fee }\n${KEY}`,
        ),
      }),
    ).rejects.toThrow();
  });
});
