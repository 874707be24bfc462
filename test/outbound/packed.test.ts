import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKey } from 'openpgp';
import { afterEach, expect, test } from 'vitest';
import { openConnection } from '../../src/engine/run/connection.ts';
import { checkSinkTarget, sinksOf } from '../../src/engine/outbound/sink-target.ts';
import { receipts } from '../engine/base-town.ts';
import { cutAt, cutsOf } from '../engine/cut.ts';
import { closeTowns, makeTown, type TestTown } from '../engine/town.ts';
import { refused, unpacked } from '../formats/packing.ts';
import { ledger, outbox } from './base-outbound.ts';

afterEach(closeTowns);

const NOW = (): Date => new Date('2026-03-02T15:00:00Z');
const keys = (name: string) => generateKey({ userIDs: [{ name }], format: 'armored' });
const ENTRIES = 'Number,Date,Amount,Tender\r\n1,01/05/2026,1.00,CA\r\n2,01/05/2026,12.50,CK\r\n';

/** A bank that takes gzip files encrypted for its key and signed with the town's. */
async function bank(bankKey: string, townKey: string): Promise<TestTown> {
  const files = ledger();
  const manifest = 'connectors/ledger/connector.yaml';
  files[manifest] = files[manifest]!.replace(
    'streams: {}',
    'options: { bank_key: { type: text }, town_key: { type: secret } }\nstreams: {}',
  ).replace(
    "{{ sequence }}.csv' }",
    "{{ sequence }}.csv.gz.pgp', pack: [{ gzip: {} }, { pgp: { public_key: '{{ options.bank_key }}', sign_with: '{{ options.town_key }}' } }] }",
  );
  files['config/connections.yaml'] = files['config/connections.yaml']!.replace(
    'options: { path: ledger }',
    `options: { path: ledger, bank_key: ${JSON.stringify(bankKey)}, town_key: '\${file:secrets/town.asc}' }`,
  );
  const town = await makeTown({
    ...files,
    'secrets/town.asc': townKey,
    'inbox/receipts-1.csv': receipts([{ number: '1' }, { number: '2', amount: '12.50', tender: 'CK' }]),
  });
  await town.run('receipts');
  return town;
}

const lying = (town: TestTown): string[] => readdirSync(join(town.folder, 'ledger')).filter((name) => name !== '.keep');
const sent = (town: TestTown): Buffer => readFileSync(join(town.folder, 'ledger', 'entries-2026-03-02-001.csv.gz.pgp'));

test('what leaves the town for the bank is packed, encrypted for its key and signed, and only it can read it', async () => {
  const [theirs, ours, others] = [await keys('bank'), await keys('town'), await keys('somebody')];
  const town = await bank(theirs.publicKey, ours.privateKey);
  const run = await town.run('to-ledger', { now: NOW });
  expect(run.notes).toEqual(['entries-2026-03-02-001.csv.gz.pgp was sent to ledger.entries: 2 records, Amount 13.50.']);
  const steps = (private_key: string) => [{ pgp: { private_key, signed_by: ours.publicKey } }, { gzip: {} }];
  expect(await unpacked(sent(town), steps(theirs.privateKey))).toBe(ENTRIES);
  expect(await refused(sent(town), steps(others.privateKey))).toContain('[PGP_OTHER_KEY]');
});

test('killed anywhere and run again, one file is there, whole, though it is never the same twice', { timeout: 120_000 }, async () => {
  const [theirs, ours] = [await keys('bank'), await keys('town')];
  const whole = await bank(theirs.publicKey, ours.privateKey);
  const counting = await cutAt(whole.engine.knex, Number.POSITIVE_INFINITY, 'before');
  await whole.run('to-ledger', { now: NOW });
  for (const { n, how } of cutsOf(counting.commits())) {
    const town = await bank(theirs.publicKey, ours.privateKey);
    await cutAt(town.engine.knex, n, how);
    await town.run('to-ledger', { now: NOW }).catch(() => {});
    await town.reopen();
    expect((await town.run('to-ledger', { now: NOW })).problems, `cut ${how} commit ${n}`).toEqual([]);
    expect(lying(town), `cut ${how} commit ${n}`).toEqual(['entries-2026-03-02-001.csv.gz.pgp']);
    expect(await unpacked(sent(town), [{ pgp: { private_key: theirs.privateKey } }, { gzip: {} }])).toBe(ENTRIES);
    expect(await outbox(town)).toEqual(['1 v1 sent', '2 v1 sent']);
  }
});

test('a key that cannot be used is told by check, and nothing is sent, in clear least of all', async () => {
  const [theirs, ours] = [await keys('First Bank'), await keys('town')];
  const checked = async (town: TestTown) => {
    const { transport, options } = await openConnection(town.engine.project, 'ledger', new AbortController().signal);
    const [sink] = sinksOf(town.engine.project, 'ledger');
    const results = await checkSinkTarget(sink!, transport, options);
    await transport.close();
    return results.find(({ name }) => name.startsWith('packing'));
  };
  const good = await bank(theirs.publicKey, ours.privateKey);
  expect(await checked(good)).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/^encrypted for the key [0-9A-F]{16} of First Bank/) as string,
  });
  const bad = await bank('-----BEGIN PGP PUBLIC KEY BLOCK-----\ncut off', ours.privateKey);
  expect(await checked(bad)).toMatchObject({ ok: false, code: 'PGP_KEY_UNREADABLE' });
  const run = await bad.run('to-ledger', { now: NOW });
  expect([run.outcome, run.problems.map((p) => p.code), lying(bad)]).toEqual(['failed', ['PGP_KEY_UNREADABLE'], []]);
});
