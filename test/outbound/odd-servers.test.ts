import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { SftpServerOptions } from '../../scripts/sample-town/servers/sftp/server.ts';
import type { Refuse } from '../../scripts/sample-town/servers/sftp/session.ts';
import { decide, settleByPerson } from '../../src/engine/outbound/decide.ts';
import { listDeliveries } from '../../src/store/outbound/deliveries.ts';
import { receipts } from '../engine/base-town.ts';
import { townCommand } from '../cli/command-line.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { closeOddServers, oddServer, type OddServer } from '../transports/odd-sftp.ts';
import { ledger, outbox } from './base-outbound.ts';

afterEach(closeTowns);
afterEach(closeOddServers);

const NOW = (): Date => new Date('2026-03-02T15:00:00Z');
const NAME = 'entries-2026-03-02-001.csv';
const WHOLE = 'Number,Date,Amount,Tender\n1,01/05/2026,1.00,CA\n2,01/05/2026,12.50,CK\n';
const send = (town: TestTown) => town.run('to-ledger', { now: NOW });
const codes = (run: { problems: { code: string }[] }): string[] => run.problems.map((p) => p.code);

/** A town that sends its two receipts to a ledger at an SFTP server. */
async function townWith(
  behavior: Pick<SftpServerOptions, 'faults' | 'refuse'>,
  options: Record<string, unknown> = {},
  file = '',
  { first = '1', csv = '{}' } = {},
) {
  const server = await oddServer(behavior);
  const files = ledger();
  const all = JSON.stringify({ ...server.options, ...options, password: '${file:secret}' });
  const town = await makeTown({
    ...files,
    'config/connections.yaml': files['config/connections.yaml']!.replace('{ path: ledger }', all),
    'connectors/ledger/connector.yaml': files['connectors/ledger/connector.yaml']!.replace('transport: folder', 'transport: sftp')
      .replace("{ name: 'entries-{{ date }}-{{ sequence }}.csv' }", `{ name: 'entries-{{ date }}-{{ sequence }}.csv'${file} }`)
      .replace('csv: {}', `csv: ${csv}`),
    secret: 'plain',
    'inbox/receipts-1.csv': receipts([{ number: first }, { number: '2', amount: '12.50', tender: 'CK' }]),
  });
  await town.run('receipts');
  return { town, server };
}

function there({ root }: OddServer): Record<string, string> {
  const names = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(names.map(({ name }) => [name, readFileSync(join(root, name), 'utf8').replaceAll('\r\n', '\n')]));
}

const noRename: Refuse = (request) => (request === 'RENAME' ? { status: 4, words: 'Failure' } : undefined);
const deniedRename: Refuse = (request) => (request === 'RENAME' ? { status: 3, words: 'Permission denied' } : undefined);

describe('a rename that the server refuses', () => {
  test.each([
    ['without a reason', noRename, 'SFTP_FAILURE'],
    ['for want of rights', deniedRename, 'ACCESS_DENIED'],
  ])(
    '%s: the file is not taken for delivered when the temporary name is cleaned up; allowed, it gets there once',
    async (_, refuse, code) => {
      let allowed = false;
      const { town, server } = await townWith({ refuse: (request, path) => (allowed ? undefined : refuse(request, path)) });
      const first = await send(town);
      expect([first.outcome, codes(first)]).toEqual(['failed', [code]]);
      for (const name of readdirSync(server.root)) rmSync(join(server.root, name));
      const second = await send(town);
      expect([second.outcome, codes(second), second.notes]).toEqual(['failed', [code], []]);
      expect(await outbox(town)).toEqual(['1 v1 sending', '2 v1 sending']);
      allowed = true;
      const third = await send(town);
      expect([third.outcome, there(server)]).toEqual(['succeeded', { [NAME]: WHOLE }]);
      expect(await outbox(town)).toEqual(['1 v1 sent', '2 v1 sent']);
      await send(town);
      expect(Object.keys(there(server))).toEqual([NAME]);
    },
  );
});

test('a file that gets there at the second attempt has the records that can be written; the others are refused, and counted once', async () => {
  let renames = 0;
  const busyOnce: Refuse = (request) => (request === 'RENAME' && renames++ === 0 ? { status: 6, words: 'No connection' } : undefined);
  const { town, server } = await townWith({ refuse: busyOnce }, {}, '', { first: '☃', csv: '{ encoding: windows-1252 }' });
  const run = await send(town);
  expect([run.outcome, codes(run), run.counts.rejected]).toEqual(['partial', [], 1]);
  expect(there(server)).toEqual({ [NAME]: 'Number,Date,Amount,Tender\n2,01/05/2026,12.50,CK\n' });
  expect(await outbox(town)).toEqual(['☃ v1 refused', '2 v1 sent']);
});

describe('a run that is killed when it has moved the file', () => {
  async function killedAfterMove() {
    const { town, server } = await townWith({});
    expect((await send(town)).outcome).toBe('succeeded');
    return { town, server };
  }
  test('finds its file there by its content, and asks nobody', async () => {
    const { town, server } = await killedAfterMove();
    await backTo(town, 'staged');
    const run = await send(town);
    expect([run.outcome, await outbox(town), there(server)]).toEqual(['succeeded', ['1 v1 sent', '2 v1 sent'], { [NAME]: WHOLE }]);
  });

  test('asks a person where nothing is there, and does not send it again by itself', async () => {
    const { town, server } = await killedAfterMove();
    rmSync(join(server.root, NAME));
    await backTo(town, 'staged');
    const run = await send(town);
    expect([run.outcome, codes(run), await outbox(town)]).toEqual(['failed', ['DELIVERY_UNKNOWN'], ['1 v1 unknown', '2 v1 unknown']]);
    expect((await send(town)).problems).toEqual([]);
    expect(there(server)).toEqual({});
    await settleByPerson(town.engine.knex, 1, true, undefined);
    expect(await outbox(town)).toEqual(['1 v1 accepted', '2 v1 accepted']);
  });

  test('asks a person where another file has its name', async () => {
    const { town, server } = await killedAfterMove();
    writeFileSync(join(server.root, NAME), 'something else\n');
    await backTo(town, 'staged');
    expect(codes(await send(town))).toEqual(['DELIVERY_UNKNOWN']);
    expect(there(server)).toEqual({ [NAME]: 'something else\n' });
    await decide(town.engine.knex, 'retry', { pipeline: 'to-ledger' });
    const again = await send(town);
    expect([again.outcome, there(server)['entries-2026-03-02-002.csv']]).toEqual(['succeeded', WHOLE]);
  });

  test('a file of which nobody knew is known once it is seen there', async () => {
    const { town, server } = await killedAfterMove();
    renameSync(join(server.root, NAME), join(server.root, '.hidden'));
    await backTo(town, 'staged');
    expect(codes(await send(town))).toEqual(['DELIVERY_UNKNOWN']);
    renameSync(join(server.root, '.hidden'), join(server.root, NAME));
    expect([(await send(town)).outcome, await outbox(town)]).toEqual(['succeeded', ['1 v1 sent', '2 v1 sent']]);
  });
});

test('a server that says that it renamed a file and did not is found out', async () => {
  const { town, server } = await townWith({ refuse: (request) => (request === 'RENAME' ? { status: 0, words: '' } : undefined) });
  expect(codes(await send(town))).toEqual(['RENAME_IGNORED']);
  expect(Object.keys(there(server))).toEqual([`.${NAME}.part`]);
});

describe('a server that takes every upload when it is closed', () => {
  const taken: string[] = [];
  const sweep = { faults: { closed: async (path: string): Promise<void> => (taken.push(basename(path)), rmSync(path)) } };
  afterEach(() => void taken.splice(0));

  test('gets one copy, and not one more at each run; a person says whether it has it', async () => {
    const { town } = await townWith(sweep);
    const run = await send(town);
    expect([run.outcome, codes(run), await outbox(town)]).toEqual(['failed', ['DELIVERY_UNKNOWN'], ['1 v1 unknown', '2 v1 unknown']]);
    expect(run.problems[0]!.hint).toContain('upload: taken');
    await send(town);
    await send(town);
    expect(taken).toEqual([`.${NAME}.part`]);
  });

  test('declared, it gets each file under its own name, once', async () => {
    const { town } = await townWith(sweep, { upload: 'taken' });
    expect([(await send(town)).outcome, await outbox(town)]).toEqual(['succeeded', ['1 v1 sent', '2 v1 sent']]);
    await send(town);
    expect(taken).toEqual([NAME]);
  });

  test('declared as direct only, a person is asked, once', async () => {
    const { town } = await townWith(sweep, { upload: 'direct' });
    expect(codes(await send(town))).toEqual(['DELIVERY_UNKNOWN']);
    await send(town);
    expect(taken).toEqual([NAME]);
  });
});

describe('a server that allows no rename, declared', () => {
  test.each([
    ['in the connection', { upload: 'direct' }, ''],
    ['in the sink', {}, ', upload: direct'],
  ])('%s: the file and its marker get there, once, and check says what is lost', async (_, options, file) => {
    const { town, server } = await townWith({ refuse: noRename }, options, `${file}, marker: '{name}.done'`);
    const check = await townCommand(town.folder, ['check', 'ledger']);
    expect([check.exit, check.out]).toEqual([
      0,
      expect.stringContaining('the other system can see half of it, unless it waits for {name}.done'),
    ]);
    expect((await send(town)).outcome).toBe('succeeded');
    await send(town);
    expect(there(server)).toEqual({ [NAME]: WHOLE, [`${NAME}.done`]: '' });
  });

  test('a run that is killed while it writes resumes where half of the file is there, and asks where nothing is', async () => {
    const { town, server } = await townWith({ refuse: noRename }, { upload: 'direct' });
    await send(town);
    const bytes = readFileSync(join(server.root, NAME));
    writeFileSync(join(server.root, NAME), bytes.subarray(0, 30));
    await backTo(town, 'sending');
    expect([(await send(town)).outcome, there(server)]).toEqual(['succeeded', { [NAME]: WHOLE }]);
    rmSync(join(server.root, NAME));
    await backTo(town, 'sending');
    expect(codes(await send(town))).toEqual(['DELIVERY_UNKNOWN']);
    expect(there(server)).toEqual({});
  });

  test('another file of that name is not written over', async () => {
    const { town, server } = await townWith({ refuse: noRename }, { upload: 'direct' });
    writeFileSync(join(server.root, NAME), 'theirs\n');
    expect(codes(await send(town))).toEqual(['TARGET_EXISTS']);
    expect(there(server)).toEqual({ [NAME]: 'theirs\n' });
    mkdirSync(join(server.root, 'moved'));
    renameSync(join(server.root, NAME), join(server.root, 'moved', NAME));
    expect([(await send(town)).outcome, there(server)]).toEqual(['succeeded', { [NAME]: WHOLE }]);
  });

  test('an upload that cannot be opened is tried again by the next run', async () => {
    let closed = true;
    const refuse: Refuse = (request, path) =>
      closed && request === 'OPEN' && path.endsWith(NAME) ? { status: 3, words: 'Permission denied' } : noRename(request, path);
    const { town, server } = await townWith({ refuse }, { upload: 'direct' });
    expect(codes(await send(town))).toEqual(['ACCESS_DENIED']);
    closed = false;
    expect([(await send(town)).outcome, there(server)]).toEqual(['succeeded', { [NAME]: WHOLE }]);
  });
});

test('where a delivered file cannot be read back, its size proves it', async () => {
  const { town, server } = await townWith({
    refuse: (request, path) => (request === 'OPEN' && path.endsWith(NAME) ? { status: 3, words: 'no' } : undefined),
  });
  expect((await send(town)).outcome).toBe('succeeded');
  await backTo(town, 'staged');
  expect((await send(town)).outcome).toBe('succeeded');
  writeFileSync(join(server.root, NAME), WHOLE.slice(0, 20));
  await backTo(town, 'staged');
  expect(codes(await send(town))).toEqual(['DELIVERY_UNKNOWN']);
});

/** The store as a run leaves it that is killed before its last note. */
async function backTo(town: TestTown, state: 'staged' | 'sending'): Promise<void> {
  const { knex } = town.engine;
  const [delivery] = await listDeliveries(knex, {});
  await knex('il_delivery').where({ id: delivery!.id }).update({ state, sent_at: null });
  await knex('il_outbox').where({ delivery_id: delivery!.id }).update({ state: 'sending' });
}
