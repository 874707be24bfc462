import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadProject } from '../../src/config/load.ts';
import { listPacks, packRemarks } from '../../src/authoring/install/list-packs.ts';
import {
  acme,
  add,
  inFolder,
  installed,
  manifestOf,
  refusal,
  signed,
  STRANGER,
  tarred,
  townWithKey,
  VENDOR,
  version,
  zipped,
} from './pack-town.ts';

const TODAY = '2026-11-24';

describe('a signed pack of a trusted vendor', () => {
  // Three certifications of 2 to 3 seconds of CPU each.
  const three = { timeout: 90_000 };
  test('installs from a folder, a .zip and a .tgz alike, certified, and is noted with hash, signer and source', three, async () => {
    const files = signed(acme());
    const entries = [...files].map(([name, content]) => ({ name: `acme-1.0.0/${name}`, content }));
    const sources = [await inFolder(files), await zipped(files), await tarred(entries)];
    const hashes = new Set<string>();
    for (const source of sources) {
      const town = await townWithKey();
      const added = await add(town, source, { certify: true });
      expect(added).toMatchObject({ connector: 'acme', version: '1.0.0', certified: true, replaced: null, signer: { name: 'vendor' } });
      hashes.add(added.hash);
      const [pack] = (await listPacks(town, TODAY)).packs;
      expect(pack).toMatchObject({ connector: 'acme', from: 'installed', state: 'intact', hash: added.hash, certified: true });
      expect(pack!.signer).toEqual({ key: VENDOR.fingerprint, name: 'vendor' });
      expect((await loadProject(town)).project?.connectors.has('acme')).toBe(true);
    }
    expect(hashes.size).toBe(1);
  });

  test('keeps line ends and bytes as they are', async () => {
    const town = await townWithKey();
    await add(town, await zipped(signed(acme())));
    expect(readFileSync(join(town, 'connectors/acme/fixtures/receipts/receipts-1.csv'))).toEqual(
      acme().get('fixtures/receipts/receipts-1.csv'),
    );
  });

  test.each([
    [
      'a file was changed',
      new Map([...signed(acme()), ['README.md', Buffer.from('Read me, I am another one than was signed.')]]),
      'PACK_HASH',
    ],
    ['a file was added', new Map([...signed(acme()), ['docs/more.md', Buffer.from('more')]]), 'PACK_HASH'],
    ['a file was removed', new Map([...signed(acme())].filter(([name]) => name !== 'README.md')), 'PACK_HASH'],
    ['a file was renamed', new Map([...signed(acme())].map(([n, b]) => [n.replace('receipts-1', 'receipts-2'), b])), 'PACK_HASH'],
    ['the signature is of another key', signed(acme(), STRANGER), 'PACK_KEY_UNKNOWN'],
    ['the signature ran out', signed(acme(), VENDOR, { signed_on: '2025-01-01', valid_until: '2026-11-23' }), 'PACK_EXPIRED'],
    ['there is no signature', acme(), 'PACK_UNSIGNED'],
    ['the signature is rubbish', new Map([...acme(), ['signature.json', Buffer.from('{"format":"interlocal-pack-1"}')]]), 'PACK_SIGNATURE'],
  ])('is refused when %s, and nothing is written', async (_, files, code) => {
    const town = await townWithKey();
    expect(await refusal(town, await zipped(files))).toEqual([code]);
    expect(await installed(town)).toEqual([]);
  });

  test('is installed on the last day that its signature is valid', async () => {
    expect(
      await refusal(await townWithKey(), await zipped(signed(acme(), VENDOR, { signed_on: '2025-01-01', valid_until: TODAY }))),
    ).toEqual([]);
  });

  test('is refused when somebody else signed it and wrote the trusted key into it', async () => {
    const forged = JSON.parse(signed(acme(), STRANGER).get('signature.json')!.toString()) as Record<string, string>;
    forged['key'] = VENDOR.fingerprint;
    const files = new Map([...acme(), ['signature.json', Buffer.from(JSON.stringify(forged))]]);
    expect(await refusal(await townWithKey(), await zipped(files), { allowUnsigned: true, replace: true })).toEqual(['PACK_SIGNATURE']);
  });

  test('is refused when its date of validity was moved', async () => {
    const moved = JSON.parse(
      signed(acme(), VENDOR, { signed_on: '2025-01-01', valid_until: '2026-01-01' }).get('signature.json')!.toString(),
    ) as object;
    const files = new Map([...acme(), ['signature.json', Buffer.from(JSON.stringify({ ...moved, valid_until: '2099-01-01' }))]]);
    expect(await refusal(await townWithKey(), await zipped(files))).toEqual(['PACK_SIGNATURE']);
  });

  test('is refused when it is the signature of another version', async () => {
    const old = signed(acme()).get('signature.json')!;
    const claimed = JSON.parse(old.toString()) as object;
    const newer = acme(version('2.0.0'));
    const own = JSON.parse(signed(newer).get('signature.json')!.toString()) as { hash: string };
    const files = new Map([...newer, ['signature.json', Buffer.from(JSON.stringify({ ...claimed, hash: own.hash }))]]);
    expect(await refusal(await townWithKey(), await zipped(files))).toEqual(['PACK_SIGNATURE']);
  });

  test('is refused when it does not certify, unless that is left out', async () => {
    const town = await townWithKey();
    const wrong = await zipped(signed(acme({ 'fixtures/receipts/receipts-1.csv': 'Receipt No,Amount\n000121,13.50\n000122,40.00\n' })));
    expect(await refusal(town, wrong, { certify: true })).toEqual(['PACK_NOT_CERTIFIED']);
    expect(await installed(town)).toEqual([]);
    expect((await add(town, wrong)).certified).toBe(false);
  });
});

describe('a pack without a signature', () => {
  test('installs when that is allowed, or when a person says yes', async () => {
    const source = await zipped(acme());
    expect((await add(await townWithKey(), source, { allowUnsigned: true })).signer).toBe(null);
    const asked: string[] = [];
    const ask = (yes: boolean) => async (doubts: readonly { message: string }[]) => (asked.push(...doubts.map((d) => d.message)), yes);
    expect((await add(await townWithKey(), source, { ask: ask(true) })).written).toBe(true);
    expect(await refusal(await townWithKey(), source, { ask: ask(false) })).toEqual(['PACK_UNSIGNED']);
    expect(asked[0]).toMatch(/Its hash is [0-9a-f]{64}\./);
  });
});

describe('another version', () => {
  test('replaces the installed one and says what changes', async () => {
    const town = await townWithKey();
    await add(town, await zipped(signed(acme())));
    const text = (
      acme(version('1.1.0')).get('connector.yaml')!.toString() +
      '  refunds:\n    retriever: { files: { pattern: "r.csv" } }\n    decoder: { csv: {} }\n    schema: { fields: { No: {} } }\n    primary_key: [No]\n'
    )
      .replace('primary_key: [Receipt No]', 'primary_key: [Receipt No, Amount]')
      .replace('Amount: { required: true }', 'Amount: { required: true, type: decimal }');
    const recorded = { 'fixtures/refunds/r.csv': 'No\n1\n', 'fixtures/refunds/records.json': '{ "records": [ { "No": "1" } ] }\n' };
    const newer = await zipped(signed(acme({ 'connector.yaml': text, ...recorded })));
    const tried = await add(town, newer, { dryRun: true });
    expect(tried).toMatchObject({ written: false, replaced: { version: '1.0.0', shipped: false } });
    expect(tried.changes).toEqual([
      'new stream: refunds',
      'key of receipts: [Receipt No] → [Receipt No, Amount]. At the next run stored records get this key from their stored values; if one cannot (SOURCE_KEY_CHANGED), the run stops before it reads anything. interlocal preview says which.',
      'type of receipts.Amount: text → decimal',
    ]);
    expect(await manifestOf(town)).toContain('version: 1.0.0');
    await add(town, newer);
    expect(await manifestOf(town)).toContain('version: 1.1.0');
  });

  test('that is lower, the same with other files, or not signed any more wants --replace', async () => {
    const town = await townWithKey();
    await add(town, await zipped(signed(acme(version('1.10.0')))));
    const lower = await zipped(signed(acme(version('1.9.0'))));
    expect(await refusal(town, lower)).toEqual(['PACK_DOWNGRADE']);
    expect(await refusal(town, await zipped(signed(acme({ ...version('1.10.0'), 'docs/x.md': 'x' }))))).toEqual(['PACK_SAME_VERSION']);
    expect(await refusal(town, await zipped(acme(version('1.11.0'))), { allowUnsigned: true })).toEqual(['PACK_SIGNER']);
    expect((await add(town, lower, { replace: true })).replaced).toEqual({ version: '1.10.0', shipped: false });
  });

  test('does not overwrite what was changed here, nor what the town wrote itself', async () => {
    const town = await townWithKey();
    await add(town, await zipped(signed(acme())));
    appendFileSync(join(town, 'connectors/acme/connector.yaml'), '# ours\n');
    const newer = await zipped(signed(acme(version('1.1.0'))));
    expect(await refusal(town, newer)).toEqual(['PACK_CHANGED']);
    expect(await manifestOf(town)).toContain('# ours');
    rmSync(join(town, 'connectors/packs.lock.json'));
    expect(await refusal(town, newer)).toEqual(['PACK_OWN']);
    await add(town, newer, { replace: true });
    expect(await manifestOf(town)).not.toContain('# ours');
  });
});

describe('what was changed after it was installed', () => {
  test.each([
    ['a changed file', (f: string) => appendFileSync(join(f, 'README.md'), 'x'), 'README.md'],
    ['an added file', (f: string) => writeFileSync(join(f, 'fixtures/more.txt'), 'x'), 'fixtures/more.txt'],
    ['a removed file', (f: string) => rmSync(join(f, 'README.md')), 'README.md'],
    ['a removed signature', (f: string) => rmSync(join(f, 'signature.json')), 'signature.json'],
  ])('%s is told by name, and the town goes on', async (_, change, name) => {
    const town = await townWithKey();
    await add(town, await zipped(signed(acme())));
    expect(await packRemarks(town, TODAY)).toEqual([]);
    change(join(town, 'connectors/acme'));
    expect((await listPacks(town, TODAY)).packs[0]).toMatchObject({ state: 'changed', changed: [name] });
    expect((await packRemarks(town, TODAY))[0]).toMatchObject({ code: 'PACK_CHANGED', place: { file: 'connectors/acme' } });
    expect((await loadProject(town)).problems).toEqual([]);
  });

  test('files and lock file changed together are told by the signature', async () => {
    const town = await townWithKey();
    await add(town, await zipped(signed(acme())));
    const other = await townWithKey();
    await add(
      other,
      await zipped(acme({ 'README.md': 'Another readme that is long enough to say which system and version this connector is for.\n' })),
      { allowUnsigned: true },
    );
    const lock = join(town, 'connectors/packs.lock.json');
    const forged = JSON.parse(readFileSync(lock, 'utf8')) as { packs: { acme: { now: Record<string, unknown> } } };
    const taken = JSON.parse(readFileSync(join(other, 'connectors/packs.lock.json'), 'utf8')) as typeof forged;
    Object.assign(forged.packs.acme.now, { hash: taken.packs.acme.now['hash'], files: taken.packs.acme.now['files'] });
    writeFileSync(lock, JSON.stringify(forged));
    writeFileSync(join(town, 'connectors/acme/README.md'), readFileSync(join(other, 'connectors/acme/README.md')));
    expect((await listPacks(town, TODAY)).packs[0]).toMatchObject({ state: 'changed', changed: ['signature.json'] });
  });

  test('a key that is not trusted anymore is seen', async () => {
    const town = await townWithKey();
    await add(town, await zipped(signed(acme())));
    rmSync(join(town, 'config/trusted-keys/vendor.pem'));
    expect((await listPacks(town, TODAY)).packs[0]!.signer).toEqual({ key: VENDOR.fingerprint, name: null });
  });

  test('a private key among the trusted ones is told', async () => {
    const town = await townWithKey();
    writeFileSync(join(town, 'config/trusted-keys/oops.pem'), STRANGER.privateKey);
    const remarks = await packRemarks(town, TODAY);
    expect(remarks.map((r) => [r.code, r.place.file])).toEqual([['TRUSTED_KEY_INVALID', 'config/trusted-keys/oops.pem']]);
    expect(JSON.stringify(remarks)).not.toContain(STRANGER.privateKey.split('\n')[1]);
  });
});

describe('mappings that a connector brings along', () => {
  const mapping = (connector: string) => `mapping: receipt.from-acme
entity: receipt
from: { connector: ${connector}, stream: receipts }
fields:
  source: "@connection"
  receipt_number: Receipt No
  received_on: { const: 2026-01-01 }
  department: { const: recreation }
  account: { const: "1" }
  tender: { const: cash }
  amount: { from: Amount, parse: { money: {} } }
tests:
  - { name: an amount, record: { Receipt No: "1", Amount: "12.50" }, gives: { amount: "12.50" } }
`;

  test('are used by name, unless the town has its own', async () => {
    const town = await townWithKey();
    await add(
      town,
      await zipped(
        signed(acme({ 'mappings/receipt.from-acme.yaml': mapping('acme'), 'mappings/lookups/acme-codes.csv': 'from,to\nA,b\n' })),
      ),
      {
        certify: true,
      },
    );
    const { project } = await loadProject(town);
    expect(project!.mappings.get('receipt.from-acme')!.file).toBe('connectors/acme/mappings/receipt.from-acme.yaml');
    expect(project!.lookups.get('acme-codes')!.rows).toEqual([{ from: 'A', to: 'b' }]);
    writeFileSync(join(town, 'mappings/receipt.from-acme.yaml'), mapping('acme'));
    expect((await loadProject(town)).project!.mappings.get('receipt.from-acme')!.file).toBe('mappings/receipt.from-acme.yaml');
  });

  test('cannot change how another connector is read', async () => {
    const town = await townWithKey();
    const refused = (name: string, text: string) => zipped(signed(acme({ [name]: text }))).then((source) => refusal(town, source));
    expect(await refused('mappings/receipt.from-acme.yaml', mapping('new-world-erp'))).toEqual(['VALUE_INVALID']);
    expect(await refused('mappings/receipt.from-new-world-erp.yaml', mapping('new-world-erp'))).toEqual(['NAME_MISMATCH']);
    expect(await refused('mappings/lookups/payment-types.csv', 'from,to\nA,b\n')).toEqual(['NAME_MISMATCH']);
    expect(existsSync(join(town, 'connectors/acme'))).toBe(false);
  });

  test('are proven: a test inside that fails stops the pack', async () => {
    const town = await townWithKey();
    const source = await zipped(
      signed(
        acme({ 'mappings/receipt.from-acme.yaml': mapping('acme').replace('gives: { amount: "12.50" }', 'gives: { amount: "12.51" }') }),
      ),
    );
    expect(await refusal(town, source, { certify: true })).toEqual(['PACK_NOT_CERTIFIED']);
  });
});
