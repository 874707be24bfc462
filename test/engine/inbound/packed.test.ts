import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { encrypted, gzip, keysOf, zip } from '../../formats/packing.ts';
import { receipts, tillStream } from '../base-town.ts';
import { closeTowns, type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const list = (from: number, to: number) => receipts(Array.from({ length: to - from + 1 }, (_, i) => ({ number: String(from + i) })));
const till = (unpack: string) =>
  tillStream({ files: `unpack: ${unpack}, after: { archive: archive }` })['connectors/till/connector.yaml']!.replace(
    'receipts*.csv',
    'receipts*',
  );
const packed = (unpack: string, options = '', files: Files = {}): Files => ({
  'connectors/till/connector.yaml': till(unpack).replace('streams:', `${options}streams:`),
  ...files,
});
const spool = (town: TestTown): string[] =>
  readdirSync(join(town.folder, 'data/spool'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.spool'));

test('a gzip file is loaded, known by the content that was sent, and archived as it was sent', async () => {
  const town = await makeTown(packed('[{ gzip: {} }]', '', { 'inbox/receipts-1.csv.gz': gzip(list(1, 7)) }));
  const run = await town.run('receipts');
  expect([run.outcome, run.counts.created]).toEqual(['succeeded', 7]);
  expect(town.inbox()).toContain('remote archive/receipts-1.csv.gz');
  town.write({ 'inbox/receipts-again.csv.gz': gzip(list(1, 7)) });
  const again = await town.run('receipts');
  expect(again.counts.read).toBe(0);
  expect(again.notes.join()).toContain('has nothing new');
});

test('a record of an archive that is rejected names the file in the archive and its line there', async () => {
  const bad = receipts([{ number: '1' }, { number: '2', tender: '??' }]);
  const town = await makeTown(
    packed('[{ zip: { entry: "*.csv" } }]', '', { 'inbox/receipts.zip': await zip({ 'out/till.csv': bad, 'readme.txt': 'x' }) }),
  );
  const run = await town.run('receipts');
  expect([run.outcome, run.counts.created, run.counts.rejected]).toEqual(['partial', 1, 1]);
  expect((await town.rejects())[0]!.problems[0]!.place).toMatchObject({ file: 'receipts.zip › out/till.csv', line: 3 });
});

test('a file that is damaged, cut off or packed otherwise leaves nothing in the store and nothing in the spool', async () => {
  const whole = gzip(list(1, 2000));
  const town = await makeTown(
    packed('[{ gzip: {} }]', '', {
      'inbox/receipts-cut.gz': whole.subarray(0, -10),
      'inbox/receipts-plain.gz': Buffer.from(list(1, 3)),
      'inbox/receipts-zip.gz': await zip({ 'a.csv': list(1, 3) }),
      'inbox/receipts-good.gz': gzip(list(1, 3)),
    }),
  );
  const run = await town.run('receipts');
  expect(run.problems.map((p) => [p.place.file, p.code])).toEqual([
    ['receipts-cut.gz', 'FILE_TRUNCATED'],
    ['receipts-plain.gz', 'FILE_NOT_PACKED'],
    ['receipts-zip.gz', 'FILE_NOT_PACKED'],
  ]);
  expect([run.outcome, run.counts.created]).toEqual(['failed', 3]);
  expect(spool(town)).toEqual([]);
});

test('an encrypted file is loaded with the keys of the connection, whatever else is packed in it, and no secret is kept', async () => {
  const [key, sender] = [await keysOf('town', 'open sesame'), await keysOf('sender')];
  const options = 'options: { key: { type: secret }, passphrase: { type: secret }, sender: {} }\n';
  const pgp =
    '[{ pgp: { private_key: "{{ options.key }}", passphrase: "{{ options.passphrase }}", signed_by: "{{ options.sender }}" } }, { zip: {} }, { gzip: {} }]';
  const town = await makeTown({
    ...packed(pgp, options),
    'secrets/key.asc': key.private,
    'secrets/passphrase': 'open sesame\n',
    'config/connections.yaml': `connections:
  till:
    connector: till
    options:
      path: inbox
      key: \${file:secrets/key.asc}
      passphrase: \${file:secrets/passphrase}
      sender: ${JSON.stringify(sender.public)}
  clerk: { connector: office, options: { path: inbox } }
  pool: { connector: office, options: { path: inbox } }
  shop: { connector: shop, options: { path: inbox } }
`,
    'inbox/receipts-1.pgp': await encrypted(await zip({ 'a.csv.gz': gzip(list(1, 7)) }), { to: key, by: sender }),
    'inbox/receipts-2.pgp': await encrypted(await zip({ 'a.csv.gz': gzip(list(8, 9)) }), { to: key, by: await keysOf('other') }),
  });
  const run = await town.run('receipts');
  expect(run.problems.map((p) => [p.place.file, p.code])).toEqual([['receipts-2.pgp', 'PGP_SIGNATURE_WRONG']]);
  expect(run.counts.created).toBe(7);
  expect(spool(town)).toEqual([]);
  expect((await town.dump()).join('\n')).not.toMatch(/sesame|PRIVATE KEY/);
});

test('a run that is killed while it loads a packed file resumes where it stopped', async () => {
  const files = packed('[{ gzip: {} }]', '', { 'inbox/receipts-1.gz': gzip(list(1, 10)) });
  const whole = await makeTown(files);
  await whole.run('receipts');
  const town = await makeTown(files);
  let commits = 0;
  const killed = await town.run('receipts', {
    onProgress: ({ what }) => {
      if (what === 'receipts-1.gz' && ++commits === 2) throw new Error('killed');
    },
  });
  expect(killed.outcome).toBe('failed');
  const run = await town.run('receipts');
  expect(run.notes.join()).toContain('resumes after record 6');
  expect((await town.dump()).filter((line) => line.startsWith('receipt'))).toEqual(
    (await whole.dump()).filter((line) => line.startsWith('receipt')),
  );
});
