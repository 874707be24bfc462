import { afterEach, expect, test } from 'vitest';
import { receipts, tillStream } from '../base-town.ts';
import { COMPARED } from '../compared-town.ts';
import { refuseCommits } from '../refuse-commits.ts';
import { STORE } from '../../store/stores.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

/** As many as a first load takes to be a large one, whose batches are made ahead of their transactions. */
const RECORDS = 50_001;
/** One in the first batch, one in the last. */
const REJECTED = [2, RECORDS - 1];
const FILE = receipts(
  Array.from({ length: RECORDS }, (_, i) => ({
    // Not in the order of their keys.
    number: String((i * 7919) % RECORDS),
    note: ['', 'Müller', '— “Łódź” 🏛', 'plain'][i % 4]!,
    ...(REJECTED.includes(i) ? { amount: 'much' } : {}),
  })),
);
const pipeline = (more = ''): Files => ({
  'pipelines/receipts.yaml': `pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\n${more}`,
});
const counts = { read: RECORDS, created: RECORDS - 2, rejected: 2 };

test('a large first load leaves what a load leaves that was stopped and went on record by record', async () => {
  const whole = await makeTown({ ...pipeline(), 'inbox/receipts.csv': FILE });
  expect((await whole.run('receipts')).counts).toMatchObject(counts);
  const stopped = await makeTown({ ...pipeline(), 'inbox/receipts.csv': FILE });
  const abort = new AbortController();
  const first = await stopped.run('receipts', {
    signal: abort.signal,
    onProgress: ({ what, total }) => void (what === 'receipts.csv' && total && abort.abort()),
  });
  expect([first.outcome, first.counts.read, first.counts.rejected]).toEqual(['aborted', 10_000, 1]);
  await stopped.reopen();
  expect((await stopped.run('receipts')).counts).toMatchObject({ read: RECORDS - 10_000, rejected: 1 });
  // The second run is not the first: of what both hold, everything but the run is the same, on SQLite the ids too.
  expect(await contents(stopped)).toEqual(await contents(whole));
  expect(new Set((await whole.rows('receipt', ['note'])).map(({ note }) => note))).toEqual(
    new Set([null, 'Müller', '— “Łódź” 🏛', 'plain']),
  );
});

test('a large first load whose COMMIT is refused leaves nothing, and the next run loads all of it', async () => {
  const town = await makeTown({ ...pipeline(), 'inbox/receipts.csv': FILE });
  const allow = await refuseCommits(town, 'il_landed');
  const failed = await town.run('receipts');
  expect([failed.outcome, failed.counts]).toMatchObject(['failed', { read: 0, created: 0, rejected: 0 }]);
  for (const table of ['receipt', 'il_landed', 'il_reject']) expect(await town.rows(table), table).toEqual([]);
  await allow();
  expect((await town.run('receipts')).counts).toMatchObject(counts);
  expect(await town.rows('il_file', ['state', 'records_done'])).toEqual([{ state: 'loaded', records_done: RECORDS }]);
});

test('another pipeline runs while a large file, a complete snapshot, is loaded for the first time', async () => {
  const town = await makeTown({
    ...tillStream({ files: 'content: snapshot', more: '    deletes: { when_absent: true, max_percent: 100 }\n' }),
    ...pipeline(),
    'inbox/receipts.csv': FILE,
    'inbox/clerk.csv': 'id,email,name,phone,updated\n1,ada@example.org,Ada,1,2026-06-01\n2,bob@example.org,Bob,2,2026-06-01\n',
  });
  let beside: Promise<unknown> | undefined;
  const loaded = await town.run('receipts', {
    onProgress: ({ what, total }) => void (what === 'receipts.csv' && total && (beside ??= town.run('clerk'))),
  });
  expect(loaded.counts).toMatchObject({ ...counts, deleted: 0 });
  expect(await beside).toMatchObject({ outcome: 'succeeded', problems: [], counts: { created: 2 } });
});

/** What both stores hold, but for runs; ids as they are where they come from the transaction, otherwise what they stand for. */
async function contents(town: TestTown): Promise<string[]> {
  const { knex } = town.engine;
  const landed = (await knex('il_landed').orderBy('record').select('id', 'source_key', 'record', 'line', 'raw')) as Row[];
  const golden = (await knex('receipt as g')
    .join('il_landed as l', 'l.id', 'g._landed')
    .orderBy('l.record')
    .select('g._id', 'l.source_key', 'g.number', 'g.amount', 'g.tender', 'g.tender_raw', 'g.note')) as Row[];
  const links = (await knex('il_link as k')
    .join('receipt as g', 'g._id', 'k.golden_id')
    .join('il_landed as l', 'l.id', 'k.landed_id')
    .orderBy('l.record')
    .select('k.golden_id', 'k.landed_id', 'k.source_key', 'k.hash', 'k.item_key', 'g.number')) as Row[];
  const numbered = STORE === 'sqlite' ? [] : ['id', '_id', 'golden_id', 'landed_id'];
  return [landed, golden, links].flatMap((rows) =>
    rows.map((row) => JSON.stringify(row, (name, value: unknown) => (numbered.includes(name) ? undefined : value))),
  );
}
type Row = Record<string, unknown>;

test('records of a large first load that name one person twice, in two batches, are records of one person', async () => {
  // Another field than the record's own key says who it is.
  const path = 'mappings/person.from-office-clerk.yaml';
  const files = {
    ...COMPARED,
    [path]: COMPARED[path]!.replace('person_key: id', 'person_key: phone'),
    'pipelines/clerk.yaml': 'pipeline: clerk\nsource: { connection: clerk, stream: clerk }\nmappings: [person.from-office-clerk]\n',
  };
  const rows = Array.from({ length: RECORDS }, (_, i) => `${i},p${i}@example.org,Pat ${i},${i === 25_000 ? 17 : i},2026-06-01\n`);
  const csv = `id,email,name,phone,updated\n${rows.join('')}`;
  const whole = await makeTown({ ...files, 'inbox/clerk.csv': csv });
  expect((await whole.run('clerk')).counts).toMatchObject({ read: RECORDS, created: RECORDS });
  const people = await peopleOf(whole);
  expect(people.length).toBe(RECORDS);
  const ofOne = people.filter(({ member_key }) => member_key === '17');
  expect(ofOne.map(({ source_key }) => source_key)).toEqual(['17', '25000']);
  expect(ofOne[0]).toEqual({ ...ofOne[1], source_key: '17' });
  const alone = people.filter((row) => row.named === row.member_key && row.member_key === row.source_key && row.state === 'live');
  expect(alone).toHaveLength(RECORDS - 1);
  const ids = people.map(({ golden_id }) => Number(golden_id));
  expect(new Set(ids).size).toBe(RECORDS - 1);
  expect(await whole.rows('person')).toHaveLength(RECORDS - 1);
  // Ids of a file are without gaps, whichever batches were landed in which way.
  if (STORE === 'sqlite') expect(Math.max(...ids)).toBe(RECORDS - 1);
});

test('a large first load whose records are people, who are compared, and receipts, which are not', async () => {
  const town = await makeTown({
    ...COMPARED,
    'mappings/receipt.from-office-clerk.yaml':
      'mapping: receipt.from-office-clerk\nentity: receipt\nfrom: { connector: office, stream: clerk }\nfields: { number: id, received_on: updated, amount: phone }\n',
    'pipelines/clerk.yaml':
      'pipeline: clerk\nsource: { connection: clerk, stream: clerk }\nmappings: [person.from-office-clerk, receipt.from-office-clerk]\n',
    'inbox/clerk.csv': `id,email,name,phone,updated\n${Array.from({ length: RECORDS }, (_, i) => `${i},p${i}@example.org,Pat ${i},${i},2026-06-01\n`).join('')}`,
  });
  expect(await town.run('clerk')).toMatchObject({ outcome: 'succeeded', problems: [], counts: { read: RECORDS } });
  for (const table of ['person', 'receipt']) expect(await town.rows(table, ['_id']), table).toHaveLength(RECORDS);
});

/** Each record with its person, and with the name of the golden record's own member. */
async function peopleOf({ engine: { knex } }: TestTown): Promise<Row[]> {
  return (await knex('il_link as k')
    .join('il_member as m', 'm.id', 'k.member_id')
    .join('il_member as g', 'g.id', 'm.golden_id')
    .join('person as p', 'p._id', 'm.golden_id')
    .orderBy('k.landed_id')
    .select('k.source_key', 'k.golden_id', 'm.member_key', 'm.state', 'g.member_key as named', 'p.name')) as Row[];
}
