import { appendFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { receipts, tillStream } from '../base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const list = (from: number, to: number) => receipts(Array.from({ length: to - from + 1 }, (_, i) => ({ number: String(from + i) })));
const archived = tillStream({ files: 'after: { archive: archive }' });
const marked = tillStream({ files: 'marker: "{name}.done", after: { archive: archive }' });
const ledger = (town: TestTown) => town.rows('il_file', ['path', 'state', 'archived_to']);
const inbox = (town: TestTown): string[] =>
  town
    .inbox()
    .map((line) => line.replace('remote ', ''))
    .filter((path) => path !== '.keep');

/** Does something to the source at the first progress that says this. */
function at(what: string, act: () => void): { onProgress(progress: { what: string; done: number }): void } {
  let acted = false;
  return {
    onProgress(progress) {
      if (acted || progress.what !== what) return;
      acted = true;
      act();
    },
  };
}

test('a file goes to the archive once what it held is committed, and the ledger says where', async () => {
  const town = await makeTown({ ...archived, 'inbox/receipts-1.csv': list(1, 5) });
  await town.run('receipts');
  expect(inbox(town)).toEqual(['archive/receipts-1.csv']);
  expect(await ledger(town)).toEqual([{ path: 'receipts-1.csv', state: 'loaded', archived_to: 'archive/receipts-1.csv' }]);
});

test('deliveries with the same name are all kept in the archive, however often the same comes again', async () => {
  const town = await makeTown({ ...archived, 'inbox/receipts.csv': list(1, 2) });
  await town.run('receipts');
  for (let i = 0; i < 5; i++) {
    // Also with the same time, as tools leave it that copy the times of files.
    town.write({ 'inbox/receipts.csv': list(1, 2) });
    utimesSync(join(town.folder, 'inbox/receipts.csv'), 1_700_000_000, 1_700_000_000);
    expect((await town.run('receipts')).outcome).toBe('succeeded');
  }
  town.write({ 'inbox/receipts.csv': list(3, 4) });
  expect((await town.run('receipts')).counts.created).toBe(2);
  expect(readdirSync(join(town.folder, 'inbox/archive'))).toHaveLength(7);
  expect(inbox(town).filter((path) => !path.startsWith('archive/'))).toEqual([]);
});

test('a file that is replaced while it is loaded stays, and is read by the next run', async () => {
  const town = await makeTown({ ...archived, 'inbox/receipts.csv': list(1, 5) });
  const run = await town.run(
    'receipts',
    at('receipts.csv', () => town.write({ 'inbox/receipts.csv': list(6, 9) }, 60)),
  );
  expect(run.counts.created).toBe(5);
  expect(run.notes).toContain('receipts.csv was replaced while it was loaded; what is there now is read by the next run.');
  expect(inbox(town)).toEqual(['receipts.csv']);
  expect((await town.run('receipts')).counts.created).toBe(4);
  expect(inbox(town)).toEqual(['archive/receipts.csv']);
});

test('a file that is taken away while it is loaded is still loaded, and not refused', async () => {
  const town = await makeTown({ ...archived, 'inbox/receipts.csv': list(1, 5) });
  const run = await town.run(
    'receipts',
    at('receipts.csv', () => town.remove('inbox/receipts.csv')),
  );
  expect([run.outcome, run.counts.created]).toEqual(['succeeded', 5]);
  expect(await ledger(town)).toEqual([{ path: 'receipts.csv', state: 'loaded', archived_to: null }]);
});

test('a file that is gone between the listing and the reading is noted, and the others are read', async () => {
  const town = await makeTown({
    'inbox/receipts-1.csv': list(1, 2),
    'inbox/receipts-2.csv': list(3, 4),
    'inbox/receipts-3.csv': list(5, 6),
  });
  const run = await town.run(
    'receipts',
    at('receipts-1.csv', () => town.remove('inbox/receipts-2.csv')),
  );
  expect([run.outcome, run.counts.created]).toEqual(['succeeded', 4]);
  expect(run.notes).toContain('receipts-2.csv disappeared before it could be read or moved.');
});

test('a file that is still being uploaded is left alone until it is whole', async () => {
  const town = await makeTown({ 'inbox/receipts-1.csv': list(1, 2) });
  const path = join(town.folder, 'inbox/receipts-2.csv');
  writeFileSync(path, list(3, 4));
  const soon = setInterval(() => appendFileSync(path, '9,2026-01-05,1.00,CA,\n'), 20);
  // By its time it is old enough: a server whose clock is behind.
  const run = await town.run('receipts', { now: () => new Date(Date.now() + 30_000) }).finally(() => clearInterval(soon));
  expect(run.counts.created).toBe(2);
  expect(run.notes).toContain('receipts-2.csv is left for a later run: it is still being written.');
  expect((await ledger(town)).map((f) => f.path)).toEqual(['receipts-1.csv']);
});

test('a file that is too young is left for a later run', async () => {
  const town = await makeTown({
    ...tillStream({ files: 'minimum_age: 1h' }),
    'inbox/receipts-1.csv': list(1, 2),
    'inbox/receipts-2.csv': list(3, 4),
  });
  utimesSync(join(town.folder, 'inbox/receipts-1.csv'), 1_700_000_000, 1_700_000_000);
  utimesSync(join(town.folder, 'inbox/receipts-2.csv'), new Date(), new Date());
  const run = await town.run('receipts');
  expect(run.counts.created).toBe(2);
  expect(run.notes).toContain('receipts-2.csv is left for a later run: it was changed less than 1h ago.');
});

test('a file whose time is in the future, because clocks differ, is read', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': list(1, 2) });
  utimesSync(join(town.folder, 'inbox/receipts.csv'), Date.now() / 1000 + 7200, Date.now() / 1000 + 7200);
  expect((await town.run('receipts')).counts.created).toBe(2);
});

test('a file is read only when its marker is there, and both go afterwards', async () => {
  const town = await makeTown({
    ...marked,
    'inbox/receipts-1.csv': list(1, 2),
    'inbox/receipts-2.csv': list(3, 4),
    'inbox/receipts-2.csv.done': '',
  });
  const run = await town.run('receipts');
  expect(run.counts.created).toBe(2);
  expect(run.notes).toContain('receipts-1.csv is left for a later run: its marker file receipts-1.csv.done does not exist yet.');
  expect(inbox(town)).toEqual(['archive/receipts-2.csv', 'receipts-1.csv']);
});

test('a marker that a killed run left is swept; one that belongs to nobody is the sender’s', async () => {
  const town = await makeTown({ ...marked, 'inbox/receipts-1.csv': list(1, 2), 'inbox/receipts-1.csv.done': '' });
  await town.run('receipts');
  town.write({ 'inbox/receipts-1.csv.done': '', 'inbox/receipts-7.csv.done': '' });
  await town.run('receipts');
  expect(inbox(town)).toEqual(['archive/receipts-1.csv', 'receipts-7.csv.done']);
});

test('a refused file leaves nothing, the others of the run are loaded, and the run has failed', async () => {
  const town = await makeTown({
    ...archived,
    'inbox/receipts-1.csv': list(1, 4),
    'inbox/receipts-2.csv': `${list(5, 900)}oops,2026-01-05,1.00,CA,"`,
    'inbox/receipts-3.csv': list(901, 902),
    'inbox/receipts-4.csv': 'number,amount\n1,2\n',
  });
  const run = await town.run('receipts');
  expect([run.outcome, run.counts]).toEqual([
    'failed',
    { read: 6, created: 6, changed: 0, unchanged: 0, skipped: 0, rejected: 0, deleted: 0 },
  ]);
  expect(new Set(run.problems.map((p) => `${p.place.file} ${p.code}`))).toEqual(
    new Set(['receipts-2.csv FILE_TRUNCATED', 'receipts-4.csv COLUMN_MISSING']),
  );
  expect(await town.engine.knex('il_landed').whereNot({ source_key: '1' }).whereBetween('source_key', ['5', '8'])).toEqual([]);
  expect((await ledger(town)).map((f) => [f.path, f.state])).toEqual([
    ['receipts-1.csv', 'loaded'],
    ['receipts-2.csv', 'refused'],
    ['receipts-3.csv', 'loaded'],
    ['receipts-4.csv', 'refused'],
  ]);
  expect(await town.rows('receipt')).toHaveLength(6);
  expect(await town.rejects()).toEqual([]);
  expect(inbox(town)).toEqual(['archive/receipts-1.csv', 'archive/receipts-3.csv', 'receipts-2.csv', 'receipts-4.csv']);
  town.write({ 'inbox/receipts-2.csv': list(5, 6), 'inbox/receipts-4.csv': list(7, 7) });
  expect((await town.run('receipts')).outcome).toBe('succeeded');
  expect(await town.rows('receipt')).toHaveLength(9);
});

test('a first file that is refused leaves the tables empty', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': `${list(1, 50)}51,2026-01-05,1.00,CA` });
  expect((await town.run('receipts')).outcome).toBe('failed');
  for (const table of ['receipt', 'il_landed', 'il_reject']) expect(await town.rows(table), table).toEqual([]);
});

test('the spool keeps nothing once a run is over, also of a refused file', async () => {
  const town = await makeTown({ 'inbox/receipts-1.csv': list(1, 2), 'inbox/receipts-2.csv': 'no\n' });
  await town.run('receipts');
  await town.preview('receipts');
  const left = readdirSync(join(town.folder, 'data'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith('interlocal.db'),
  );
  expect(left).toEqual([]);
});

test('a spool that cannot be written fails the run in plain words and not the process', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': list(1, 2) });
  mkdirSync(join(town.folder, 'data/spool'), { recursive: true });
  rmSync(join(town.folder, 'data/spool'), { recursive: true });
  symlinkSync('/dev/null', join(town.folder, 'data/spool'));
  const run = await town.run('receipts');
  expect(run.outcome).toBe('failed');
  expect(run.counts.read).toBe(0);
});

test('a run that was stopped between two batches resumes where it stopped', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': list(1, 10) });
  const abort = new AbortController();
  const run = await town.run('receipts', { signal: abort.signal, ...at('receipts.csv', () => abort.abort()) });
  expect([run.outcome, run.counts.read]).toEqual(['aborted', 3]);
  const next = await town.run('receipts');
  expect([next.outcome, next.counts.read, next.counts.created]).toEqual(['succeeded', 7, 7]);
  expect(next.notes).toContain('receipts.csv resumes after record 3, where an earlier run was stopped.');
});

test('where the file is read differently since a run was stopped, it is read from its beginning', async () => {
  const town = await makeTown({
    ...tillStream({ more: '    record_selector: { where: [{ field: note, not_in: [skip] }] }\n' }),
    'inbox/receipts.csv': receipts([
      { number: '1', note: 'skip' },
      { number: '2', note: 'skip' },
      ...Array.from({ length: 6 }, (_, i) => ({ number: String(i + 3) })),
    ]),
  });
  const abort = new AbortController();
  expect((await town.run('receipts', { signal: abort.signal, ...at('receipts.csv', () => abort.abort()) })).counts.read).toBe(3);
  town.write(tillStream());
  await town.reopen();
  await town.run('receipts');
  expect((await town.rows('receipt')).map((r) => r.number).sort()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
});

test('a half loaded content that comes back after another one is loaded from its beginning', async () => {
  const first = list(1, 8);
  const town = await makeTown({ 'inbox/receipts.csv': first });
  const abort = new AbortController();
  await town.run('receipts', { signal: abort.signal, ...at('receipts.csv', () => abort.abort()) });
  town.write({ 'inbox/receipts.csv': first.replaceAll('1.00', '2.00') });
  await town.run('receipts');
  town.write({ 'inbox/receipts.csv': first });
  await town.run('receipts');
  expect((await town.rows('receipt')).map((r) => r.amount)).toEqual(Array(8).fill(100));
});

test('a connection that reads another stream now does not go on from the position of the one before', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': list(1, 2) });
  await town.run('receipts');
  await town.engine.knex('il_source').where({ pipeline: 'receipts' }).update({ state: '{"cursor":"2026"}', stream: 'earlier' });
  await town.run('receipts');
  expect(await town.rows('il_source', ['stream', 'state'])).toEqual([{ stream: 'receipts', state: null }]);
});
