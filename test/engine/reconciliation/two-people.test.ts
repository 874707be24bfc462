import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { decideMatch, matchByHand, matchLines } from '../../../src/engine/reconciliation/matches.ts';
import { showException } from '../../../src/engine/reconciliation/exceptions/exceptions.ts';
import { exceptionLines } from '../../../src/reports/reconciliation/exceptions.ts';
import { verifyAudit } from '../../../src/store/ledger/audit.ts';
import { townCommand } from '../../cli/command-line.ts';
import { type Ended, interlocal } from '../cli.ts';
import { closeTowns, type TestTown } from '../town.ts';
import { depositFile, MONEY, moneyTown, receiptFile } from './agreement-town.ts';

afterEach(closeTowns);

const NOW = new Date('2026-07-20T15:00:00Z');
const TODAY = '2026-07-20';
const TO_BANK = `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes: [{ key: number, on: [{ left: receipt_number, right: reference }] }]
  open: { left: { type: only_left, within: 0 } }
`;
const WRITE_OFF = `exceptions:
  write_off:
    - { role: supervisor, people: [dana], each: "10.00", month: "18.00" }
    - { role: director, people: [lee], each: "500.00", month: "900.00" }
`;

async function town(amounts: Record<string, string>, bank = depositFile([])): Promise<TestTown> {
  const made = await moneyTown({
    'config/interlocal.yaml': `${MONEY['config/interlocal.yaml']}${WRITE_OFF}`,
    'pipelines/to-bank.yaml': TO_BANK,
    'desk/a.csv': receiptFile(Object.entries(amounts).map(([no, amount]) => ({ no, amount }))),
    'bank/a.csv': bank,
  });
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits']) await made.run(pipeline);
  await made.run('to-bank', { now: () => NOW });
  return made;
}

const ids = async (t: TestTown): Promise<Record<string, string>> =>
  Object.fromEntries((await exceptionLines(t.engine, {}, TODAY)).map((e) => [e.amount, e.id]));

/** The same moment, each in a process of its own. */
function atOnce(t: TestTown, commands: readonly (readonly [who: string, ...args: string[]])[]): Promise<Ended[]> {
  return Promise.all(commands.map(([who, ...args]) => interlocal(t.folder, ['exceptions', ...args], { SUDO_USER: who }).ended));
}

describe('two people at one exception at once', () => {
  test('who resolves second is told by whom it was resolved, and the first word stays', { timeout: 60_000 }, async () => {
    const t = await town({ 1: '9.00' });
    const [id] = Object.values(await ids(t));
    const ended = await atOnce(t, [
      ['dana', 'resolve', id!, '--reason', 'booked', '--text', 'entry 1'],
      ['lee', 'resolve', id!, '--reason', 'timing', '--text', 'comes on Monday'],
    ]);
    const second = ended.findIndex(({ exit }) => exit !== 0);
    expect(ended.map(({ exit }) => exit).sort()).toEqual([0, 2]);
    expect(ended[second]!.err).toMatch(second === 0 ? /lee as \S+ resolved it at / : /dana as \S+ resolved it at /);
    const { exception, events } = await showException(t.engine.knex, id!);
    expect(exception.reason).toBe(second === 0 ? 'timing' : 'booked');
    expect(events.filter(({ action }) => action === 'resolved')).toHaveLength(1);
  });

  test('note, file and both owners are in the history, and who assigns second is told', { timeout: 60_000 }, async () => {
    const t = await town({ 1: '9.00' });
    const [id] = Object.values(await ids(t));
    writeFileSync(join(t.folder, 'slip.pdf'), '%PDF-1.4 slip');
    const ended = await atOnce(t, [
      ['dana', 'note', id!, '--text', 'asked the pool'],
      ['lee', 'attach', id!, join(t.folder, 'slip.pdf')],
      ['dana', 'assign', id!, '--to', 'dana'],
      ['lee', 'assign', id!, '--to', 'lee'],
    ]);
    expect(ended.map(({ exit, err }) => [exit, err.replace(/^.*it was assigned to (dana|lee) until now .*\n/, '')])).toEqual(
      ended.map(() => [0, '']),
    );
    const { events, files, exception } = await showException(t.engine.knex, id!);
    expect(events.map(({ action }) => action).sort()).toEqual(['assigned', 'assigned', 'attached', 'noted', 'opened']);
    expect(events.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);
    expect(files.map(({ name }) => name)).toEqual(['slip.pdf']);
    const before = exception.owner === 'lee' ? 'dana' : 'lee';
    expect(ended[exception.owner === 'lee' ? 3 : 2]!.err).toContain(`it was assigned to ${before} until now (${before} as `);
    expect((await verifyAudit(t.engine.knex)).broken).toBeNull();
  });

  test('one person at two desks does not write off more than the month allows', { timeout: 60_000 }, async () => {
    const t = await town({ 1: '9.00', 2: '9.50' });
    const off = (id: string) => ['dana', 'resolve', id, '--reason', 'written_off', '--text', 'pennies'] as const;
    const ended = await atOnce(t, Object.values(await ids(t)).map(off));
    expect(ended.map(({ exit }) => exit).sort()).toEqual([0, 2]);
    expect(ended.find(({ exit }) => exit === 2)!.err).toContain('would have written off 18.50 this month; the limit is 18.00');
    expect((await exceptionLines(t.engine, {}, TODAY)).length).toBe(1);
  });
});

test('a due day or an answer that somebody else had set is named when another takes its place, and the same again is not news', async () => {
  const t = await town({ 1: '9.00' });
  const [id] = Object.values(await ids(t));
  const said = async (who: string, ...args: string[]) => (await townCommand(t.folder, ['exceptions', ...args], { SUDO_USER: who })).err;
  expect(await said('dana', 'due', id!, '--on', '2026-08-01')).toBe('');
  expect(await said('dana', 'due', id!, '--on', '2026-08-01')).toBe('');
  expect(await said('lee', 'due', id!, '--on', '2026-09-01')).toMatch(/: it was due on 2026-08-01 until now \(dana as \S+, .*\)\.\n$/);
  expect(await said('dana', 'wait', id!, '--on', 'the bank')).toBe('');
  expect(await said('lee', 'wait', id!, '--on', 'the pool')).toMatch(/: it was waiting for the bank until now \(dana as /);
  // Once it is assigned, it waits for nobody.
  await said('lee', 'assign', id!, '--to', 'lee');
  expect(await said('dana', 'wait', id!, '--on', 'the bank')).toBe('');
  const { events } = await showException(t.engine.knex, id!);
  expect(events.filter(({ detail }) => detail.before !== undefined).map(({ action, detail }) => [action, detail.before])).toEqual([
    ['due_set', '2026-08-01'],
    ['waiting', 'the bank'],
  ]);
});

describe('bad input to the work on exceptions', () => {
  const CASES: [args: string[], code: string][] = [
    [['assign', 'zzz', '--to', 'lee'], 'EXCEPTION_UNKNOWN'],
    [['show', '%'], 'EXCEPTION_UNKNOWN'],
    [['assign', 'ID', '--to', ' . '], 'USAGE'],
    [['note', 'ID', '--text', '?'], 'REASON_MISSING'],
    [['due', 'ID', '--on', '2026-02-30'], 'USAGE'],
    [['due', 'ID', '--on', 'tomorrow'], 'USAGE'],
    [['resolve', 'ID', '--reason', 'written_off', '--text', 'pennies'], 'WRITE_OFF_LIMIT'],
    [['reopen', 'ID', '--text', 'found'], 'EXCEPTION_STATE'],
    [['assign', '--to', 'lee'], 'USAGE'],
    [['assign', 'ID', '--type', 'only_left', '--to', 'lee'], 'USAGE'],
    [['assign', '--type', 'no_such_type', '--to', 'lee', '--yes'], 'USAGE'],
    [['assign', '--pipeline', 'no-such', '--to', 'lee', '--yes'], 'PIPELINE_UNKNOWN'],
    [['resolve', '--at-most', 'ten', '--reason', 'other', '--text', 'pennies', '--yes'], 'USAGE'],
    [['attach', 'ID', 'no-such.pdf'], 'FILE_UNREADABLE'],
    [['file', 'ID', '7', '--out', 'x.pdf'], 'ATTACHMENT_UNKNOWN'],
    [['resolve', '--type', 'only_left', '--reason', 'other', '--text', 'pennies'], 'CONFIRMATION_NEEDED'],
  ];

  test('changes nothing, ends with 2, and says what is wrong', async () => {
    const t = await town({ 1: '9.00' });
    const [id] = Object.values(await ids(t));
    for (const [args, code] of CASES) {
      const said = await townCommand(t.folder, ['exceptions', ...args.map((a) => (a === 'ID' ? id! : a))], { SUDO_USER: 'pat' });
      expect([args.join(' '), said.exit, said.err]).toEqual([args.join(' '), 2, expect.stringContaining(`[${code}]`) as string]);
    }
    expect((await showException(t.engine.knex, id!)).events.map(({ action }) => action)).toEqual(['opened']);
  });
});

describe('a match that a person made and whose records changed', () => {
  async function changed(): Promise<{ t: TestTown; match: string; exception: string }> {
    const t = await town({ 1: '40.00' }, depositFile([{ no: 'B', amount: '38.00' }]));
    const sides = { left: [{ connection: 'desk', key: '1' }], right: [{ connection: 'bank', key: 'B' }] };
    const match = await matchByHand(t.engine, 'to-bank', sides, 'the bank took a fee', { actor: 'dana', now: NOW });
    await t.run('to-bank', { now: () => NOW });
    expect(await exceptionLines(t.engine, {}, TODAY)).toEqual([]);
    t.write({ 'bank/b.csv': depositFile([{ no: 'B', amount: '35.00' }]) }, 60);
    await t.run('bank-deposits');
    await t.run('to-bank', { now: () => NOW });
    const [exception] = await exceptionLines(t.engine, {}, TODAY);
    expect(exception!.type).toBe('decision_no_longer_balances');
    return { t, match, exception: exception!.id };
  }

  test('is named by its exception, and confirmed again with the difference that is shown', async () => {
    const { t, match, exception } = await changed();
    const shown = await townCommand(t.folder, ['exceptions', 'show', exception]);
    expect(shown.out).toContain(`interlocal matches confirm ${match.slice(0, 8)} --reason TEXT`);
    await decideMatch(t.engine, match.slice(0, 8), 'confirm', 'two fees', { actor: 'lee', now: NOW });
    await t.run('to-bank', { now: () => NOW });
    expect(await exceptionLines(t.engine, {}, TODAY)).toEqual([]);
    expect(await matchLines(t.engine, {})).toMatchObject([{ id: match, state: 'confirmed', by: 'person', difference: '-5.00' }]);
  });

  test('is revoked like any other, and who revokes it second is told by whom', async () => {
    const { t, match } = await changed();
    await decideMatch(t.engine, match, 'revoke', 'another bag', { actor: 'lee', now: NOW });
    await expect(decideMatch(t.engine, match, 'revoke', 'another bag', { actor: 'dana', now: NOW })).rejects.toMatchObject({
      code: 'MATCH_UNKNOWN',
      message: expect.stringMatching(/lee revoked it at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]{2,4}\./) as string,
    });
    await t.run('to-bank', { now: () => NOW });
    expect(await matchLines(t.engine, {})).toEqual([]);
    expect((await exceptionLines(t.engine, {}, TODAY)).map(({ type }) => type)).not.toContain('decision_no_longer_balances');
  });

  test('is not confirmed again once a record of it is gone', async () => {
    const { t, match } = await changed();
    const connector = t.text('connectors/desk/connector.yaml');
    const marked = connector.replace(
      'primary_key: [no]',
      'primary_key: [no]\n    deletes: { field: tender, values: [deleted], max_percent: 100 }',
    );
    expect(marked).not.toBe(connector);
    t.write({ 'connectors/desk/connector.yaml': marked, 'desk/b.csv': receiptFile([{ no: '1', amount: '40.00', tender: 'deleted' }]) }, 60);
    await t.reopen();
    await t.run('desk-receipts');
    await t.run('to-bank', { now: () => NOW });
    await expect(decideMatch(t.engine, match, 'confirm', 'two fees', { actor: 'lee' })).rejects.toMatchObject({ code: 'MATCH_STATE' });
    await decideMatch(t.engine, match, 'revoke', 'the receipt is gone', { actor: 'lee' });
  });
});
