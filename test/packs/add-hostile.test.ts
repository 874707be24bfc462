import { createWriteStream, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { checkPackContents } from '../../src/packs/contents.ts';
import { newSigningKey } from '../../src/packs/signature.ts';
import { acme, inFolder, installed, refusal, tarred, temporaryFolder, townWithKey, zipped } from './pack-town.ts';
import { tries } from '../effort.ts';

const ALL = { allowUnsigned: true, replace: true };
const entries = (files = acme()) => [...files].map(([name, content]) => ({ name, content }));

/** Refused with this code alone, and nothing of it in the town. */
async function refused(source: string, code: string): Promise<void> {
  const town = await townWithKey();
  expect(await refusal(town, source, ALL)).toEqual([code]);
  expect(await installed(town)).toEqual([]);
}

describe('names that lead out of the pack, or are another file on another system', () => {
  test.each([
    '../evil.yaml',
    'fixtures/../../evil',
    '/etc/cron.d/evil',
    'C:/evil',
    'C:evil',
    '..\\evil',
    'fixtures\\..\\..\\evil',
    'fixtures/./x',
    'fixtures//x',
    'fixtures/nul',
    'fixtures/COM1.csv',
    'fixtures/x.csv.',
    'fixtures/x ',
    'fixtures/x:stream',
    'fixtures/a\u202etxt.exe',
    'fixtures/\u0001',
    `fixtures/${'x/'.repeat(9)}x`,
    `fixtures/${'x'.repeat(180)}`,
  ])('%j', async (name) => {
    await refused(await zipped(acme({ [name]: 'evil' })), 'PACK_PATH');
    if (name.length <= 100) await refused(await tarred([...entries(), { name, content: Buffer.from('evil') }]), 'PACK_PATH');
  });

  test.each([
    [{ 'readme.MD': 'x' }],
    [{ 'fixtures/receipts/é.csv': 'x', 'fixtures/receipts/e\u0301.csv': 'y' }],
    [{ 'fixtures/receipts': 'a file and a folder' }],
  ])('%j', async (changes) => refused(await zipped(acme(changes)), 'PACK_PATH'));

  test('the same name twice', async () => {
    await refused(await tarred([...entries(), { name: 'README.md', content: Buffer.from('another') }]), 'PACK_PATH');
  });

  test('whatever is accepted stays within the folder, on every system', () => {
    const part = fc.oneof(fc.constantFrom('..', '.', '', 'C:', '\\', 'nul', 'fixtures'), fc.string({ unit: 'binary', maxLength: 4 }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.constantFrom('/', '\\'), (parts, by) => {
        const name = `fixtures/${parts.join(by)}`;
        if (checkPackContents(new Map([[name, Buffer.from('')]])).length) return;
        expect(name).not.toMatch(/(^|[/\\])\.\.?([/\\]|$)|^[/\\]|:|\\|\0/);
      }),
      { numRuns: tries(3000) },
    );
  });
});

describe('links and devices', () => {
  test('in a folder', async () => {
    const folder = await inFolder(acme());
    symlinkSync('/etc/passwd', join(folder, 'fixtures/receipts/receipts-2.csv'));
    await refused(folder, 'PACK_LINK');
  });

  test('a folder that is a link', async () => {
    const folder = await inFolder(acme());
    symlinkSync('/etc', join(folder, 'docs'));
    await refused(folder, 'PACK_LINK');
  });

  test('in a .zip', async () => {
    const zip = new ZipFile();
    for (const [name, bytes] of acme()) zip.addBuffer(bytes, name);
    zip.addBuffer(Buffer.from('/etc/passwd'), 'docs/link', { mode: 0o120777 });
    zip.end();
    const path = join(temporaryFolder(), 'links.zip');
    await pipeline(zip.outputStream, createWriteStream(path));
    await refused(path, 'PACK_LINK');
  });

  test.each(['1', '2', '3', '4', '6'])('of the kind %s in a .tgz', async (kind) => {
    await refused(await tarred([...entries(), { name: 'docs/link', kind, link: '/etc/passwd' }]), 'PACK_LINK');
  });
});

describe('secrets', () => {
  test.each([
    ['.env', 'A=b'],
    ['fixtures/.env.production', 'A=b'],
    ['fixtures/id_rsa', 'x'],
    ['docs/server.key', 'x'],
    ['fixtures/connections.yaml', 'connections:'],
    ['docs/note.md', newSigningKey().privateKey],
    ['fixtures/receipts/receipts-9.csv', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['docs/note.txt', '-----BEGIN PGP PRIVATE KEY BLOCK-----'],
    ['docs/aws.txt', 'AKIAIOSFODNN7EXAMPLE'],
    ['fixtures/options.json', '{ "password": "${env:TOWN_PASSWORD}" }'],
    [
      'connector.yaml',
      acme()
        .get('connector.yaml')!
        .toString()
        .replace('transport: folder', 'transport: folder\noptions: { p: { default: "${file:secrets/p}" } }'),
    ],
  ])('%s are never taken over, nor shown', async (name, content) => {
    const town = await townWithKey();
    const source = await zipped(acme({ [name]: content }));
    expect(await refusal(town, source, ALL)).toEqual(['PACK_SECRET']);
    expect(await installed(town)).toEqual([]);
  });

  test('a public certificate is none', async () => {
    expect(await refusal(await townWithKey(), await zipped(acme({ 'docs/ca.pem': newSigningKey().publicKey })), ALL)).toEqual([]);
  });
});

describe('what does not belong into a pack', () => {
  test.each(['run.js', 'bin/x', 'mappings/x.js', 'pipelines/x.yaml', 'config/interlocal.yaml', 'node_modules/x/index.js'])(
    '%s',
    async (name) => refused(await zipped(acme({ [name]: 'x' })), 'PACK_FILE'),
  );

  test('what systems leave in folders is passed over, and does not change the hash', async () => {
    const town = await townWithKey();
    expect(await refusal(town, await zipped(acme({ '.DS_Store': 'x', 'fixtures/Thumbs.db': 'x', '.git/config': 'x' })), ALL)).toEqual([]);
    expect((await installed(town)).filter((f) => /DS_Store|Thumbs|git/.test(f))).toEqual([]);
  });
});

describe('archives that are made to hurt', () => {
  test('that unpack to far more than they are', async () => {
    const zip = new ZipFile();
    for (const [name, bytes] of acme()) zip.addBuffer(bytes, name);
    for (let i = 0; i < 8; i++) zip.addBuffer(Buffer.alloc(19_000_000), `docs/${i}.txt`, { compress: true });
    zip.end();
    const path = join(temporaryFolder(), 'bomb.zip');
    await pipeline(zip.outputStream, createWriteStream(path));
    await refused(path, 'PACK_TOO_LARGE');
    await refused(await tarred([{ name: 'docs/large', content: Buffer.alloc(21_000_000) }]), 'PACK_TOO_LARGE');
  });

  test('that say less than they hold', async () => {
    const zip = new ZipFile();
    zip.addBuffer(Buffer.alloc(2_000_000), 'docs/large.txt', { compress: true });
    zip.end();
    const parts: Buffer[] = [];
    zip.outputStream.on('data', (part: Buffer) => parts.push(part));
    await once(zip.outputStream, 'end');
    const bytes = Buffer.concat(parts);
    for (let at = bytes.indexOf('PK\u0001\u0002'); at >= 0; at = bytes.indexOf('PK\u0001\u0002', at + 1)) bytes.writeUInt32LE(10, at + 24);
    const path = join(temporaryFolder(), 'liar.zip');
    writeFileSync(path, bytes);
    await refused(path, 'PACK_UNREADABLE');
  });

  test('that have too many files', async () => {
    await refused(
      await tarred(Array.from({ length: 2_001 }, (_, i) => ({ name: `docs/${i}`, content: Buffer.from('x') }))),
      'PACK_TOO_LARGE',
    );
  });

  test('that are damaged at any place are refused, never half taken', async () => {
    const { readFileSync } = await import('node:fs');
    for (const whole of [readFileSync(await zipped(acme())), readFileSync(await tarred(entries()))])
      for (let i = 0; i < 40; i++) {
        const at = Math.floor((whole.length * i) / 40);
        const path = join(temporaryFolder(), 'cut');
        writeFileSync(path, whole.subarray(0, at));
        const codes = await refusal(await townWithKey(), path, ALL);
        expect(codes.length, `cut at ${at}`).toBeGreaterThan(0);
      }
  });

  test('that are none', async () => {
    const path = join(temporaryFolder(), 'none.zip');
    writeFileSync(path, 'hello');
    await refused(path, 'PACK_UNREADABLE');
    await refused(join(temporaryFolder(), 'nothing-there.zip'), 'PACK_UNREADABLE');
  });
});
