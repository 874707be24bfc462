import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decide } from '../../../src/engine/identity/decide.ts';
import { matchedKind, namedMember } from '../../../src/engine/identity/matched.ts';
import { decide as retry } from '../../../src/engine/outbound/decide.ts';
import { previewDelivery } from '../../../src/engine/outbound/preview.ts';
import { cutAt } from '../../engine/cut.ts';
import { closeTowns, type Files } from '../../engine/town.ts';
import { ownerOptions, startServer, type TestServer } from '../../transports/sqlserver/server.ts';
import { carryFiles, type CarryTown, carryTown, type Kept, kept } from './town.ts';

const COLUMNS = ['id', 'first', 'last', 'birth', 'street', 'zip', 'phone', 'email', 'changed', 'outside'] as const;
let server: TestServer;
let sql: DatabaseSync;
beforeAll(async () => {
  server = await startServer([{ name: 'people', columns: Object.fromEntries(COLUMNS.map((name) => [name, 'varchar(80)'])), rows: [] }]);
  sql = new DatabaseSync(server.file!);
  // The table numbers its new rows, as a column with IDENTITY does.
  sql.exec(`CREATE TRIGGER numbers AFTER INSERT ON people WHEN new.id IS NULL BEGIN
    UPDATE people SET id = 'B' || (100 + new.rowid), changed = '2026-03-02T00:00:00' WHERE rowid = new.rowid; END`);
});
beforeEach(() => sql.exec('DELETE FROM people'));
afterEach(closeTowns);
afterAll(async () => {
  sql.close();
  await server.stop();
});

const amos = kept('C2', { first: 'Amos', last: 'Quill', birth: '1950-01-02', street: '9 Far Rd', phone: '', email: '' });
const ines = kept('C3', { first: 'Ines', last: 'Marsh', birth: '', street: '', zip: '', phone: '585-555-0123', email: '' });

/** The clerk's and the pool's CSV files, and a bank whose people are rows of a table. */
async function town(creates: string, given: { carry?: string; pool?: Kept[] } = {}): Promise<CarryTown> {
  const all = carryFiles({ people: { clerk: [], pool: [], bank: [] } }) as Record<string, string>;
  const files: Files = {
    'secrets/bank': 'owner-Password-1',
    'config/connections.yaml': `connections:
  clerk: { connector: desk, options: { path: clerk } }
  pool: { connector: desk, options: { path: pool } }
  bank: { connector: bank-sql, options: ${JSON.stringify({ ...ownerOptions(server), password: '${file:secrets/bank}' })} }
`,
    'connectors/bank-sql/connector.yaml': `connector: bank-sql
version: 1.0.0
title: The bank
transport: sqlserver
streams:
  people:
    retriever: { query: { tables: [people] } }
    schema: { fields: { ${COLUMNS.map((name) => `${name}: {}`).join(', ')} } }
    primary_key: [id]
sinks:
  changes:
    target: { table: { name: people, write: update } }
    creates: ${creates}
    schema: { fields: { ${COLUMNS.filter((name) => name !== 'changed')
      .map((name) => `${name}: {}`)
      .join(', ')} } }
    idempotency_key: [id]
    acknowledgment: { read_back: true }
`,
    'mappings/party.from-bank-sql.yaml': all['mappings/party.from-desk.yaml']!.replaceAll('desk', 'bank-sql'),
    'mappings/changes.from-party-bank.yaml': all['mappings/changes.from-party.yaml']!.replace(
      'changes.from-party',
      'changes.from-party-bank',
    ).replace('connector: desk', 'connector: bank-sql'),
    'pipelines/bank-people.yaml': all['pipelines/bank-people.yaml']!.replace('party.from-desk', 'party.from-bank-sql'),
    'pipelines/to-bank.yaml': `pipeline: to-bank
mode: live
deliver: { mapping: changes.from-party-bank, connection: bank, carry: { ${given.carry ?? 'create: true'} } }
`,
  };
  put({ ...kept('B1'), outside: '' });
  const t = await carryTown({ people: { clerk: [kept('C1')], pool: given.pool ?? [kept('P1')], bank: [] }, files });
  await t.night();
  return t;
}

function put(row: Record<string, string>): void {
  const names = Object.keys(row);
  sql.prepare(`INSERT INTO people (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`).run(...Object.values(row));
}

function rows(): Record<string, string | null>[] {
  return sql.prepare('SELECT * FROM people ORDER BY id').all() as Record<string, string | null>[];
}

async function people(t: CarryTown): Promise<string[]> {
  const members = (await t.town.rows('il_member')).filter((m) => m.state === 'live');
  return [...Map.groupBy(members, (m) => String(m.golden_id)).values()]
    .map((list) =>
      list
        .map((m) => String(m.member_key))
        .sort()
        .join(' '),
    )
    .sort();
}

describe('a new resident in a table', () => {
  test('is a new row found by its reference; the number that the table gives is theirs from then on', async () => {
    const t = await town('{ reference: outside, key: [id] }');
    t.edit('clerk', 'C2', amos);
    t.edit('clerk', 'C3', ines);
    await t.night();
    expect(rows().map(({ id, first, birth, phone }) => [id, first, birth, phone])).toEqual([
      ['B1', 'Emma', '1985-03-12', '585-555-0101'],
      [expect.stringMatching(/^B10\d$/), 'Amos', '1950-01-02', null],
      [expect.stringMatching(/^B10\d$/), 'Ines', null, '585-555-0123'],
    ]);
    await t.night();
    const [, second, third] = rows().map(({ id }) => id);
    expect(await people(t)).toEqual(['B1 C1 P1', `${second} C2`, `${third} C3`]);
    t.edit('clerk', 'C3', { street: '5 Lake Rd' });
    await t.night();
    await t.night();
    expect(rows().map(({ id, street }) => [id, street])).toEqual([
      ['B1', '12 Elm St'],
      [second, '9 Far Rd'],
      [third, '5 Lake Rd'],
    ]);
  });

  test('is made once when the run is killed, also when the row was read before its number came back', { timeout: 120_000 }, async () => {
    let between = 0;
    // From shortly before the row is written to where its number is kept.
    for (let n = 9, kept = false; !kept; n++) {
      sql.exec('DELETE FROM people');
      const t = await town('{ reference: outside, key: [id] }');
      t.edit('clerk', 'C3', ines);
      await t.read();
      await cutAt(t.town.engine.knex, n, 'after');
      await t.town.run('to-bank').catch(() => {});
      await t.town.reopen();
      kept = (await t.town.rows('il_decision')).length > 0;
      if (rows().length === 2 && !kept) between++;
      await t.read();
      await t.carry();
      await t.night();
      expect(
        rows().map(({ first }) => first),
        `cut after commit ${n}`,
      ).toEqual(['Emma', 'Ines']);
      expect(await people(t), `cut after commit ${n}`).toEqual(['B1 C1 P1', `${rows()[1]!.id} C3`]);
      await t.town.close();
    }
    expect(between).toBeGreaterThan(0);
  });

  test('found by columns is linked to the row that was made', async () => {
    const t = await town('{ find_by: [first, last, birth], key: [id] }');
    t.edit('clerk', 'C2', amos);
    await t.night();
    await t.night();
    expect(await people(t)).toEqual(['B1 C1 P1', `${rows()[1]!.id} C2`]);
  });

  test('is not taken for a row that was there before, such as one of a namesake', async () => {
    const t = await town('{ find_by: [first, last], key: [id] }');
    // Entered at the bank after the bank was read.
    t.edit('clerk', 'C2', amos);
    await t.read();
    put({ id: 'B7', first: 'Amos', last: 'Quill', birth: '1999-09-09', street: '1 Other St', changed: '2026-03-02T00:00:00' });
    await t.carry();
    expect((await t.town.rows('il_outbox')).map(({ state }) => state)).toEqual(['rejected']);
    await t.read();
    expect(await people(t)).toEqual(['B1 C1 P1', 'B7', 'C2']);
    expect(rows().map(({ id }) => id)).toEqual(['B1', 'B7']);
  });

  test('that was rejected for a row that was there: a person says it is that one, and it gets corrections like any other', async () => {
    const t = await rejectedForNamesake();
    const { engine } = t.town;
    const kind = await matchedKind(engine, 'party');
    const pair = [await namedMember(engine, kind, 'clerk:C2'), await namedMember(engine, kind, 'bank:B7')] as const;
    await decide(engine, kind, pair, 'same', { actor: 'clerk', reason: 'asked him' });
    t.edit('clerk', 'C2', { street: '5 Lake Rd' });
    await t.night();
    await t.night();
    expect(await people(t)).toEqual(['B1 C1 P1', 'B7 C2']);
    expect(rows().map(({ id, street }) => [id, street])).toEqual([
      ['B1', '12 Elm St'],
      ['B7', '5 Lake Rd'],
    ]);
    // What was rejected needs nobody's attention anymore.
    expect((await t.town.rows('il_outbox')).filter(({ state, latest }) => state === 'rejected' && latest)).toEqual([]);
  });

  test('that was rejected for a row that was there: when that row looks different there, a retry makes it', async () => {
    const t = await rejectedForNamesake();
    sql.exec("UPDATE people SET last = 'Quilley' WHERE id = 'B7'");
    const [rejected] = (await t.town.rows('il_outbox')) as { id: number }[];
    await retry(t.town.engine.knex, 'retry', { ids: [rejected!.id] }, 'clerk');
    await t.night();
    await t.night();
    expect(rows().map(({ first, last }) => `${first} ${last}`)).toEqual(['Emma Carter', 'Amos Quill', 'Amos Quilley']);
    expect(await people(t)).toEqual(['B1 C1 P1', expect.stringMatching(/^B10\d C2$/), 'B7']);
  });

  async function rejectedForNamesake(): Promise<CarryTown> {
    const t = await town('{ find_by: [first, last], key: [id] }');
    t.edit('clerk', 'C2', amos);
    await t.read();
    put({ id: 'B7', first: 'Amos', last: 'Quill', birth: '1999-09-09', street: '1 Other St', changed: '2026-03-02T00:00:00' });
    await t.carry();
    await t.read();
    expect((await t.town.rows('il_outbox')).map(({ state }) => state)).toEqual(['rejected']);
    return t;
  }

  test('the preview shows the row, and makes none', async () => {
    const t = await town('{ reference: outside, key: [id] }');
    t.edit('clerk', 'C2', amos);
    await t.read();
    const { deliveries } = await previewDelivery(t.town.engine, 'to-bank', { signal: new AbortController().signal, limit: 9 });
    expect(deliveries).toMatchObject([{ kind: 'table', to: 'people', operation: 'create', key: null, state: 'queued' }]);
    expect(deliveries[0]!.text).toMatch(
      /^INSERT INTO people \(.*outside.*\) VALUES \('Amos', 'Quill', '1950-01-02', '9 Far Rd', '14586', '\w{32}'\)$/,
    );
    expect(rows()).toHaveLength(1);
  });
});

test('the first look sends what differed before, where the pipeline says so, and makes who is missing', async () => {
  const t = await town('{ reference: outside, key: [id] }', {
    carry: 'create: true, differences: send',
    pool: [kept('P1'), { ...amos, id: 'P2' }],
  });
  await t.night();
  expect(rows().map(({ first }) => first)).toEqual(['Emma', 'Amos']);
  await t.night();
  expect(rows()).toHaveLength(2);
  expect(await people(t)).toEqual(['B1 C1 P1', `${rows()[1]!.id} P2`]);
});
