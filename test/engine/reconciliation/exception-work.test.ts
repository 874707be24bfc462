import { afterEach, describe, expect, test } from 'vitest';
import { attachFile, readAttachment } from '../../../src/engine/reconciliation/exceptions/exception-files.ts';
import { actOnExceptions, showException } from '../../../src/engine/reconciliation/exceptions/exceptions.ts';
import type { SavedReport } from '../../../src/config/schema/saved-report.ts';
import { makeReport } from '../../../src/reports/catalog.ts';
import { exceptionLines, selectExceptions } from '../../../src/reports/reconciliation/exceptions.ts';
import { listAudit } from '../../../src/store/ledger/audit.ts';
import { MONEY, moneyTown, receiptFile } from './agreement-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns, type TestTown } from '../town.ts';

afterEach(closeTowns);

const NOW = new Date('2026-07-20T15:00:00Z');
const TODAY = '2026-07-20';
const dana = { actor: 'dana', now: NOW };
const TO_BANK = `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes: [{ key: number, on: [{ left: receipt_number, right: reference }] }]
  open: { left: { type: only_left, within: 0 } }
`;
const CONFIG = `exceptions:
  most_megabytes: 0.1
  due: { large: 1, large_from: "50.00", other: 4 }
  write_off:
    - { role: supervisor, people: [dana], each: "10.00", month: "18.00" }
    - { role: director, people: [lee], each: "500.00", month: "900.00" }
`;

async function town(amounts: Record<string, string>): Promise<TestTown> {
  const made = await moneyTown({
    'config/interlocal.yaml': `${MONEY['config/interlocal.yaml']}${CONFIG}`,
    'pipelines/to-bank.yaml': TO_BANK,
    'desk/a.csv': receiptFile(Object.entries(amounts).map(([no, amount]) => ({ no, amount }))),
  });
  for (const pipeline of ['desk-receipts', 'pool-receipts', 'bank-deposits']) await made.run(pipeline);
  await made.run('to-bank', { now: () => NOW });
  return made;
}

const ids = async (t: TestTown): Promise<Record<string, string>> =>
  Object.fromEntries((await exceptionLines(t.engine, {}, TODAY)).map((e) => [e.amount, e.id]));

test('what a clock that was ahead found is in the aging of today, and how things stood in between is not told', async () => {
  const t = await town({ 1: '9.00' });
  const days = (n: number): Date => new Date(Date.now() + n * 86_400_000);
  t.write({ 'desk/b.csv': receiptFile([{ no: '2', amount: '12.00' }]) });
  await t.run('desk-receipts', { now: () => days(400) });
  await t.run('to-bank', { now: () => days(400) });
  await t.run('to-bank');
  const [day, before] = [days(0), days(-1)].map((at) => at.toISOString().slice(0, 10)) as [string, string];
  const making = { today: day };
  const aging = async (as_of: string): Promise<unknown[]> =>
    (await makeReport(t.engine, { report: 'aging', as_of } as SavedReport, making)).tables[2]!.rows.map((row) => row.amount);
  expect((await aging(day)).toSorted()).toEqual([1200, 900]);
  expect(await aging(before)).toEqual([900]);
  await t.run('desk-receipts');
  const [last] = (await t.engine.knex('il_run').max('id as id')) as { id: number }[];
  await t.engine
    .knex('il_run')
    .where({ id: last!.id })
    .update({ started_at: days(-2).toISOString() });
  await expect(aging(before)).rejects.toThrow(/the clock was ahead when a run of/);
});

describe('a write-off', () => {
  test('is within the limit of the role, for one and for all of the month, and nobody without a role does it', async () => {
    const t = await town({ 1: '9.00', 2: '-8.50', 3: '10.01', 4: '1.00' });
    const id = await ids(t);
    const off = (list: string[], who = dana) =>
      actOnExceptions(t.engine, list, { do: 'resolve', reason: 'written_off', text: 'small' }, who);
    await expect(off([id['10.01']!])).rejects.toMatchObject({
      code: 'WRITE_OFF_LIMIT',
      message: expect.stringContaining('10.00 at most') as string,
    });
    await expect(off([id['1.00']!], { ...dana, actor: 'pat as dana' })).rejects.toThrow('has no role');
    await off([id['9.00']!]);
    await off([id['-8.50']!], { ...dana, actor: 'dana as interlocal' });
    // Too much does not make up for too little: 9.00 and 8.50 are 17.50.
    await expect(off([id['1.00']!])).rejects.toThrow('18.50 this month; the limit is 18.00');
    await off([id['1.00']!, id['10.01']!], { ...dana, actor: 'lee' });
    expect((await listAudit(t.engine.knex, { action: 'exception_resolved', limit: 5 })).at(-1)).toMatchObject({
      actor: 'lee',
      detail: { count: 2, amounts: ['11.01 USD'], reason: 'written_off' },
    });
  });

  test('that was reopened does not count against the month, and another month is another limit', async () => {
    const t = await town({ 1: '9.00', 2: '9.50', 3: '9.25' });
    const id = await ids(t);
    const off = (one: string, now = NOW) =>
      actOnExceptions(t.engine, [one], { do: 'resolve', reason: 'written_off', text: 'small' }, { actor: 'dana', now });
    await off(id['9.00']!);
    await expect(off(id['9.50']!)).rejects.toMatchObject({ code: 'WRITE_OFF_LIMIT' });
    await actOnExceptions(t.engine, [id['9.00']!], { do: 'reopen', text: 'found' }, dana);
    await off(id['9.50']!);
    await off(id['9.25']!, new Date('2026-08-03T15:00:00Z'));
  });

  test('of several is done for all or for none', async () => {
    const t = await town({ 1: '9.00', 2: '70.00' });
    const id = await ids(t);
    await expect(
      actOnExceptions(t.engine, Object.values(id), { do: 'resolve', reason: 'written_off', text: 'x' }, dana),
    ).rejects.toMatchObject({
      code: 'WRITE_OFF_LIMIT',
    });
    expect((await exceptionLines(t.engine, {}, TODAY)).map((e) => e.state)).toEqual(['open', 'open']);
  });
});

test('a due day follows the amount and the town’s rules, until a person sets one, which no run changes', async () => {
  const t = await town({ 1: '40.00', 2: '60.00' });
  const due = async () => (await exceptionLines(t.engine, {}, TODAY)).map((e) => [e.amount, e.due_on]).sort();
  // July 3 is kept as a holiday: of July 1, one business day is July 2, four are July 8.
  expect(await due()).toEqual([
    ['40.00', '2026-07-08'],
    ['60.00', '2026-07-02'],
  ]);
  const id = (await ids(t))['60.00']!;
  await actOnExceptions(t.engine, [id], { do: 'due', on: '2026-08-31' }, dana);
  t.write({ 'desk/b.csv': receiptFile([{ no: '2', amount: '75.00' }]) });
  await t.run('desk-receipts');
  await t.run('to-bank', { now: () => NOW });
  expect(await due()).toEqual([
    ['40.00', '2026-07-08'],
    ['75.00', '2026-08-31'],
  ]);
  expect((await selectExceptions(t.engine, { overdue: true }, TODAY)).map((e) => e.minor)).toEqual([4000]);
});

test('a filter takes what it says: amount, age and owner', async () => {
  const t = await town({ 1: '9.00', 2: '-9.00', 3: '70.00' });
  const id = await ids(t);
  await actOnExceptions(t.engine, [id['9.00']!], { do: 'assign', owner: 'lee' }, dana);
  const minor = async (filter: Parameters<typeof selectExceptions>[1]) =>
    (await selectExceptions(t.engine, filter, TODAY)).map((e) => e.minor).sort((a, b) => a - b);
  expect(await minor({ atMost: 1000 })).toEqual([-900, 900]);
  expect(await minor({ owner: 'lee' })).toEqual([900]);
  expect(await minor({ olderThan: 11 })).toEqual([-900, 900, 7000]);
  expect(await minor({ olderThan: 12 })).toEqual([]);
  expect(await minor({ atMost: 1000, limit: 1 })).toHaveLength(1);
});

describe('a file that is attached', () => {
  const pdf = Buffer.from('%PDF-1.7 the slip \u0000\u00ff', 'latin1');

  test('is kept with its hash, and comes back as the same bytes', async () => {
    const t = await town({ 1: '9.00' });
    const id = (await ids(t))['9.00']!;
    const file = await attachFile(t.engine, id.slice(0, 8), { name: '../scans/slip 12.pdf', content: pdf }, dana);
    expect(file).toMatchObject({ number: 1, name: 'slip 12.pdf', kind: 'pdf', size: pdf.length });
    expect((await readAttachment(t.engine, id, 1)).content).toEqual(pdf);
    const { files, events } = await showException(t.engine.knex, id);
    expect([files.length, events.at(-1)!.action, events.at(-1)!.actor]).toEqual([1, 'attached', 'dana']);
    await t.engine.knex('il_exception_file').update({ content: Buffer.from('%PDF-other').toString('base64') });
    await expect(readAttachment(t.engine, id, 1)).rejects.toMatchObject({ code: 'ATTACHMENT_CHANGED' });
    await expect(readAttachment(t.engine, id, 2)).rejects.toMatchObject({ code: 'ATTACHMENT_UNKNOWN' });
  });

  test.each([
    ['a program that is called a PDF', Buffer.from('MZ\u0090')],
    ['an empty file', Buffer.alloc(0)],
    ['a web page', Buffer.from('<html>')],
    ['one that is too large', Buffer.concat([pdf, Buffer.alloc(100_001)])],
  ])('is not taken: %s', async (_, content) => {
    const t = await town({ 1: '9.00' });
    await expect(attachFile(t.engine, (await ids(t))['9.00']!, { name: 'a.pdf', content }, dana)).rejects.toMatchObject({
      code: 'ATTACHMENT_UNFIT',
    });
  });
});

test('an exception that is named twice is one, and a beginning that several have says which they are', async () => {
  const t = await town({ 1: '9.00', 2: '8.00' });
  const all = Object.values(await ids(t));
  const id = all[0]!;
  // Twice 9.00 would be over the limit of 18.00 with anything else; it is 9.00.
  const done = await actOnExceptions(
    t.engine,
    [id, id.slice(0, 12), id.toUpperCase()],
    { do: 'resolve', reason: 'written_off', text: 'pennies' },
    dana,
  );
  expect(done.exceptions.map((one) => [one.id, one.state])).toEqual([[id, 'resolved']]);
  expect((await showException(t.engine.knex, id)).events.filter(({ action }) => action === 'resolved')).toHaveLength(1);
  expect((await listAudit(t.engine.knex, { action: 'exception_resolved', limit: 5 })).at(-1)!.detail).toMatchObject({ count: 1 });
  await expect(actOnExceptions(t.engine, [''], { do: 'note', text: 'x' }, dana)).rejects.toMatchObject({
    code: 'EXCEPTION_UNKNOWN',
    message: expect.stringMatching(/^Several exceptions begin with ""/) as string,
  });
  await expect(actOnExceptions(t.engine, ['zzz', id], { do: 'note', text: 'x' }, dana)).rejects.toThrow('There is no exception "zzz"');
  // Two people at once: the second is told what the first did.
  const again = { do: 'resolve', reason: 'booked', text: 'entry 1' } as const;
  await expect(actOnExceptions(t.engine, [id], again, { ...dana, actor: 'lee' })).rejects.toMatchObject({
    code: 'EXCEPTION_STATE',
    message: expect.stringMatching(/cannot be resolved: dana resolved it at 2026-07-20 11:00:00 EDT\./) as string,
  });
});

test('a person who looks at an exception sees the file and line of each record, and its history in words', async () => {
  const t = await town({ 1: '9.00' });
  const id = Object.values(await ids(t))[0]!;
  await actOnExceptions(t.engine, [id], { do: 'resolve', reason: 'corrected_at_source', text: 'entered again' }, dana);
  const { exit, out } = await townCommand(t.folder, ['exceptions', 'show', id]);
  expect([exit, out]).toEqual([0, expect.stringMatching(/receipts: desk 1, 9\.00, a\.csv:2\n/)]);
  expect(out).toMatch(/opened, 9\.00 USD/);
  expect(out).toContain('dana: resolved (corrected at source): entered again');
  expect(out).not.toContain('{');
});
