import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ed25519HostKey, SFTP_HOST_KEY_FINGERPRINT, sampleTownHostKey } from '../../../scripts/sample-town/servers/sftp/host-key.ts';
import { startSftpServer, type SftpServer } from '../../../scripts/sample-town/servers/sftp/server.ts';
import { actorOf } from '../../../src/config/actor.ts';
import { type AuditEntry, listAudit } from '../../../src/store/ledger/audit.ts';
import { connector, receipts } from '../base-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { storeUnderTest } from '../../store/stores.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

const PASSWORD = 'canary-audit-5521';
const inbox = mkdtempSync(join(tmpdir(), 'interlocal-audit-'));
let server: SftpServer;
let stranger: SftpServer;
beforeAll(async () => {
  writeFileSync(join(inbox, 'receipts.csv'), receipts([{ number: '1' }, { number: '2', tender: 'XX' }, { number: '3', tender: 'YY' }]));
  utimesSync(join(inbox, 'receipts.csv'), 1_700_000_000, 1_700_000_000);
  const start = (hostKey: string) =>
    startSftpServer({ root: inbox, port: 0, users: [{ name: 'till', password: PASSWORD }], hostKeys: [hostKey] });
  server = await start(sampleTownHostKey());
  stranger = await start(ed25519HostKey('somebody else'));
});
afterAll(async () => {
  await server.close();
  await stranger.close();
  rmSync(inbox, { recursive: true, force: true });
});
afterEach(closeTowns);

const connections = (more = '', port = server.port): Record<string, string> => ({
  'config/connections.yaml': `connections:
  till: { connector: till, options: { host: 127.0.0.1, port: ${port}, username: till, password: "\${file:secrets/till}", host_key: ${SFTP_HOST_KEY_FINGERPRINT}${more} } }
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`,
});
const pipeline = (mode: string): Record<string, string> => ({
  'pipelines/receipts.yaml': `pipeline: receipts\nmode: ${mode}\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\n`,
});
const till = {
  'secrets/till': PASSWORD,
  'connectors/till/connector.yaml': connector('till', 'sftp', {
    receipts: `    retriever: { files: { pattern: "receipts*.csv" } }
    decoder: { csv: {} }
    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {} } }
    primary_key: [number]
`,
  }),
};
const written = async (town: TestTown): Promise<Pick<AuditEntry, 'actor' | 'action' | 'subject' | 'detail'>[]> =>
  (await listAudit(town.engine.knex, { limit: 100 })).map(({ actor, action, subject, detail }) => ({ actor, action, subject, detail }));

test('a run that uses weak encryption is written down once, again when it changes, and when it ends', async () => {
  const town = await makeTown({ ...till, ...connections(', allow_legacy: [ssh-rsa]') });
  expect((await town.run('receipts', { actor: 'schedule' })).outcome).toBe('partial');
  await town.run('receipts', { actor: 'schedule' });
  town.write(connections(', allow_legacy: [ssh-rsa, hmac-sha1]'));
  await town.reopen();
  await town.run('receipts');
  town.write(connections());
  await town.reopen();
  await town.run('receipts');
  expect(await written(town)).toEqual([
    { actor: 'schedule', action: 'legacy_allowed', subject: 'till', detail: { allowed: ['ssh-rsa'], before: [] } },
    { actor: actorOf(), action: 'legacy_allowed', subject: 'till', detail: { allowed: ['ssh-rsa', 'hmac-sha1'], before: ['ssh-rsa'] } },
    { actor: actorOf(), action: 'legacy_ended', subject: 'till', detail: { before: ['ssh-rsa', 'hmac-sha1'] } },
  ]);
});

test('a preview writes nothing down', async () => {
  const town = await makeTown({ ...till, ...connections(', allow_legacy: [ssh-rsa]') });
  await town.preview('receipts');
  expect(await written(town)).toEqual([]);
});

test('another host key in the configuration, another server and another mode are written down with what was before', async () => {
  const other = 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';
  const town = await makeTown({ ...till, ...connections(), ...pipeline('live') });
  await town.run('receipts');
  expect(await written(town)).toEqual([]);
  town.write({
    ...pipeline('shadow'),
    ...Object.fromEntries(
      Object.entries(connections(', timeout: 20s', 1)).map(([file, text]) => [file, text.replace(SFTP_HOST_KEY_FINGERPRINT, other)]),
    ),
  });
  await town.reopen();
  // Nobody answers at that port: what changed is written down before anything is sent.
  await town.run('receipts', { signal: AbortSignal.abort() });
  expect((await written(town)).map(({ action, subject, detail }) => ({ action, subject, detail }))).toEqual([
    { action: 'host_key_changed', subject: 'till', detail: { from: SFTP_HOST_KEY_FINGERPRINT, to: other } },
    { action: 'config_changed', subject: 'till', detail: { setting: 'port', from: server.port, to: 1 } },
    { action: 'config_changed', subject: 'till', detail: { settings: ['timeout'] } },
    { action: 'config_changed', subject: 'receipts', detail: { setting: 'mode', from: 'live', to: 'shadow' } },
  ]);
});

test('a server that shows another host key is written down, by a run and by a check', { timeout: 120_000 }, async () => {
  const town = await makeTown({ ...till, ...connections('', stranger.port) });
  expect((await town.run('receipts', { actor: 'schedule' })).problems.map((p) => p.code)).toEqual(['HOST_KEY_CHANGED']);
  expect((await townCommand(town.folder, ['check', 'till'])).exit).toBe(1);
  const entries = await written(town);
  expect(entries.map((e) => [e.actor, e.action, e.subject])).toEqual([
    ['schedule', 'host_key_refused', 'till'],
    [actorOf(), 'host_key_refused', 'till'],
  ]);
  for (const { detail } of entries) expect(detail.message).toContain(SFTP_HOST_KEY_FINGERPRINT);
});

test(
  'who replays and who dismisses records is written down, by their numbers only, and the command shows and verifies it',
  { timeout: 120_000 },
  async () => {
    const town = await makeTown({ ...till, ...connections() });
    await town.run('receipts');
    town.write({ 'mappings/lookups/tenders.csv': 'from,to\nCA,cash\nCK,check\nXX,check\n' });
    expect((await townCommand(town.folder, ['rejects', 'replay'])).exit).toBe(3);
    const [left] = await town.rejects();
    const dismiss = (...args: string[]) => townCommand(town.folder, ['rejects', 'dismiss', ...args]);
    const none = await dismiss(`#${left!.id}`, '999', '--reason', 'a test record');
    expect([none.exit, none.err]).toEqual([2, expect.stringContaining('There is no rejected record 999.')]);
    expect((await dismiss(`#${left!.id}`, '--reason', 'a test record')).out).toBe('1 record dismissed.\n');
    const again = await dismiss(String(left!.id), '--reason', 'a test record');
    expect([again.exit, again.out]).toEqual([1, '0 records dismissed.\n#2 is not an open rejected record, so nothing was done with it.\n']);
    expect(await written(town)).toEqual([
      { actor: actorOf(), action: 'reject_replayed', subject: 'receipts', detail: { count: 1, ids: [1] } },
      { actor: actorOf(), action: 'reject_dismissed', subject: 'receipts', detail: { count: 1, ids: [2], reason: 'a test record' } },
    ]);
    const shown = await townCommand(town.folder, ['audit', '--action', 'reject_dismissed']);
    expect(shown.out).toMatch(/reject_dismissed +receipts +count: 1; ids: 2; reason: a test record/);
    expect(shown.out).not.toContain('reject_replayed');
    expect((await townCommand(town.folder, ['audit', '--verify'])).out).toMatch(/intact: 2 entries, the newest with the hash [0-9a-f]{64}/);
    await storeUnderTest.dropTrigger(town.engine.knex, 'il_audit_no_update', 'il_audit');
    await town.engine.knex.raw("UPDATE il_audit SET actor = 'nobody' WHERE id = 1");
    const verified = await townCommand(town.folder, ['audit', '--verify', '--json']);
    expect([verified.exit, JSON.parse(verified.out)]).toMatchObject([1, { verified: { whole: false, broken: 1 } }]);
    expect((await townCommand(town.folder, ['audit', '--since', 'yesterday'])).exit).toBe(2);
  },
);

test('weak encryption is in a plain sentence in status and validate until it is gone', { timeout: 120_000 }, async () => {
  const town = await makeTown({ ...till, ...connections(', allow_legacy: [ssh-rsa]') });
  const sentence = 'till: weak encryption is allowed (ssh-rsa).';
  for (const command of ['status', 'validate']) expect((await townCommand(town.folder, [command])).out).toContain(sentence);
  const { pipelines } = JSON.parse((await townCommand(town.folder, ['status', '--json'])).out) as {
    pipelines: { pipeline: string; weak_encryption: unknown }[];
  };
  expect(pipelines.find((p) => p.pipeline === 'receipts')!.weak_encryption).toEqual([{ connection: 'till', allowed: ['ssh-rsa'] }]);
  expect(JSON.parse((await townCommand(town.folder, ['validate', '--json'])).out)).toMatchObject({ remarks: [sentence] });
  town.write(connections());
  for (const command of ['status', 'validate']) expect((await townCommand(town.folder, [command])).out).not.toContain('weak');
});
