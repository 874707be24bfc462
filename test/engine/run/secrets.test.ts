import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SFTP_HOST_KEY_FINGERPRINT, sampleTownHostKey } from '../../../scripts/sample-town/servers/sftp/host-key.ts';
import { startSftpServer, type SftpServer } from '../../../scripts/sample-town/servers/sftp/server.ts';
import { makeSigning, type Signing } from '../../transports/permit-service/certificates.ts';
import { connector, receipts } from '../base-town.ts';
import { interlocal } from '../cli.ts';
import { closeTowns, type Files, makeTown } from '../town.ts';
import { contentsOfTown } from '../../store/stores.ts';
import { ed25519Key } from '../../../scripts/sample-town/servers/sftp/user-key.ts';

/** Nobody's secrets: wherever one of them turns up, a real one would. */
const CANARIES = {
  password: 'canary-ssh-password-1f<&>',
  phrase: 'canary-ssh-phrase-2e',
  token: 'canary-soap-token-3d "&"',
  signing: 'canary-x509-phrase-4c',
};
const folder = mkdtempSync(join(tmpdir(), 'interlocal-secrets-'));
const key = ed25519Key(CANARIES.phrase);
let sftp: SftpServer;
let soap: Server;
let signing: Signing;
/** What the SOAP service was sent, and repeats in its faults. */
let sent: string[] = [];
let answer: 'fault' | 'page' | 'permits' = 'permits';
beforeAll(async () => {
  mkdirSync(join(folder, 'out'));
  writeFileSync(join(folder, 'out/receipts.csv'), receipts([{ number: '1' }, { number: '2', tender: 'XX' }]));
  utimesSync(join(folder, 'out/receipts.csv'), 1_700_000_000, 1_700_000_000);
  signing = await makeSigning(folder, 'town', { days: 10, passphrase: CANARIES.signing });
  sftp = await startSftpServer({
    root: join(folder, 'out'),
    port: 0,
    users: [{ name: 'till', password: CANARIES.password, publicKeys: [key.public] }],
    hostKeys: [sampleTownHostKey()],
  });
  const files = join(import.meta.dirname, '../../transports/permit-service');
  soap = createServer((request, response) => {
    const url = new URL(request.url!, 'http://x');
    if (request.method === 'GET') {
      const name = url.pathname === '/permits' ? 'permits-soap11.wsdl' : url.pathname.slice(1);
      return void response.end(
        ['permits-soap11.wsdl', 'permits.xsd', 'people/holder.xsd'].includes(name) ? readFileSync(join(files, name)) : '',
      );
    }
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const said = `You sent ${text} and ${JSON.stringify(request.headers)}`;
      sent.push(text);
      const body =
        answer === 'fault'
          ? `<s:Fault><faultcode>s:Client</faultcode><faultstring>${said.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</faultstring></s:Fault>`
          : '<FindPermitsResponse xmlns="urn:town:permits"><ResponseCode>0</ResponseCode><Permits><Permit><PermitNum>1</PermitNum></Permit></Permits></FindPermitsResponse>';
      response
        .writeHead(answer === 'permits' ? 200 : 500, { 'content-type': answer === 'page' ? 'text/html' : 'text/xml' })
        .end(
          answer === 'page'
            ? said
            : `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`,
        );
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => soap.once('listening', resolve));
});
afterAll(async () => {
  await sftp.close();
  await new Promise((resolve) => (soap.close(resolve), soap.closeAllConnections()));
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  await closeTowns();
  sent = [];
});

/** A town whose till is reached with `login`, and which signs its requests for permits. */
function townOf(login: string, secrets: Files = {}): Files {
  const port = (soap.address() as AddressInfo).port;
  return {
    'secrets/password': CANARIES.password,
    'secrets/key': key.private,
    'secrets/phrase': CANARIES.phrase,
    'secrets/token': CANARIES.token,
    'secrets/signing': CANARIES.signing,
    'secrets/signing.key': signing.lockedKey,
    ...secrets,
    'keys/town.pem': signing.certificate,
    'config/connections.yaml': `connections:
  till: { connector: till, options: { host: 127.0.0.1, port: ${sftp.port}, username: till, host_key: ${SFTP_HOST_KEY_FINGERPRINT}, ${login} } }
  permits:
    connector: permits
    options:
      endpoint: http://127.0.0.1:${port}/permits
      username_token: { username: clerk, password: "\${file:secrets/token}" }
      x509: { certificate_file: keys/town.pem, key: "\${file:secrets/signing.key}", passphrase: "\${file:secrets/signing}", sign: [body, timestamp, username_token] }
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`,
    'connectors/till/connector.yaml': connector('till', 'sftp', {
      receipts: `    retriever: { files: { pattern: "receipts*.csv" } }
    decoder: { csv: {} }
    schema: { fields: { number: {}, received_on: { type: date }, amount: { type: decimal }, tender: {}, note: {} } }
    primary_key: [number]
`,
    }),
    'connectors/permits/connector.yaml': connector('permits', 'soap', {
      permits: `    retriever: { request: { operation: FindPermits, body: { issuedFrom: "2026-01-01", issuedTo: "2026-02-01", note: "x" } } }
    record_selector: { path: Permits.Permit }
    schema: { fields: { PermitNum: {} } }
    primary_key: [PermitNum]
    error_handler: { max_retries: 0 }
`,
    }),
    'config/model/permit.yaml': 'entity: permit\ntitle: Permit\nfields:\n  number: { type: text, class: public }\n',
    'mappings/permit.from-permits.yaml':
      'mapping: permit.from-permits\nentity: permit\nfrom: { connector: permits, stream: permits }\nfields:\n  number: PermitNum\n',
    'pipelines/permits.yaml': 'pipeline: permits\nsource: { connection: permits, stream: permits }\nmappings: [permit.from-permits]\n',
  };
}

/** Every command that tells of runs and connections, and everything that is left on disk afterwards but for the secrets' own files. */
async function everything(town: { folder: string }): Promise<{ said: string; outcomes: string[] }> {
  let said = '';
  const outcomes: string[] = [];
  const commands = ['check', 'preview permits', 'run receipts permits --json', 'status', 'rejects list --json', 'audit'];
  for (const command of commands) {
    const { out, err } = await interlocal(town.folder, command.split(' ')).ended;
    said += out + err;
    if (command.startsWith('run')) outcomes.push(...(JSON.parse(out) as { runs: { outcome: string }[] }).runs.map((run) => run.outcome));
  }
  for (const entry of readdirSync(town.folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && basename(entry.parentPath) !== 'secrets') said += readFileSync(join(entry.parentPath, entry.name), 'latin1');
  return { said: said + (await contentsOfTown(town.folder)), outcomes };
}

function expectNoSecret(said: string): void {
  const lines = [key.private, signing.lockedKey].flatMap((pem) =>
    pem.split('\n').filter((line) => line.length > 30 && !line.startsWith('-')),
  );
  for (const secret of [...Object.values(CANARIES), ...lines])
    for (const form of [
      secret,
      encodeURIComponent(secret),
      secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;'),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
    ])
      expect(said.includes(form), `a form of ${secret.slice(0, 16)}… is there`).toBe(false);
}

test.each([
  ['a password', 'password: "${file:secrets/password}"'],
  ['a key with a passphrase', 'private_key: "${file:secrets/key}", passphrase: "${file:secrets/phrase}"'],
])(
  'secrets that did their work (%s, a UsernameToken, the passphrase of a signing key) are nowhere but in their files',
  { timeout: 300_000 },
  async (_what, login) => {
    answer = 'permits';
    const town = await makeTown(townOf(login));
    const { said, outcomes } = await everything(town);
    expect(outcomes).toEqual(['partial', 'succeeded']);
    // It did travel as far as there.
    expect(sent.at(-1)).toContain('canary-soap-token-3d');
    expect(said).toContain('expires on');
    expectNoSecret(said);
  },
);

test.each(['fault', 'page'] as const)(
  'nor are they when logins are refused and a service repeats what it was sent in a %s',
  { timeout: 300_000 },
  async (kind) => {
    answer = kind;
    const town = await makeTown(townOf('password: "${file:secrets/phrase}"'));
    const { said, outcomes } = await everything(town);
    expect(outcomes).toEqual(['failed', 'failed']);
    expect(sent.at(-1)).toContain('canary-soap-token-3d');
    expect(said).toContain('AUTH_FAILED');
    expectNoSecret(said);
  },
);

test('nor when a passphrase does not open its key', async () => {
  answer = 'permits';
  const login = 'private_key: "${file:secrets/key}", passphrase: "${file:secrets/phrase}"';
  const town = await makeTown(townOf(login, { 'secrets/phrase': CANARIES.signing, 'secrets/signing': CANARIES.phrase }));
  const { said, outcomes } = await everything(town);
  expect(outcomes).toEqual(['failed', 'failed']);
  expect(said).toContain('PRIVATE_KEY_UNREADABLE');
  expect(said).toContain('SIGNING_KEY_UNUSABLE');
  expectNoSecret(said);
});
