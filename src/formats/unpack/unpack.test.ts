import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGzip, gzipSync } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import fc from 'fast-check';
import * as openpgp from 'openpgp';
import { describe, expect, test } from 'vitest';
import { encrypted, gzip, keysOf, refused, step, unpacked, zip } from '../../../test/formats/packing.ts';
import { RUNS } from '../../../test/formats/runs.ts';
import { InterlocalError } from '../../core/errors.ts';
import { zipOf } from './pack-zip.ts';
import { openPacked, packedBytes, keepInMemory } from './unpack.ts';

const CSV = 'receipt,amount\n00123,12.50\n00124,é\n';
const GZIP = [{ gzip: {} }];
const ZIP = [{ zip: {} }];

describe('gzip', () => {
  test('is read, in several members too, and with the zeros that fill up a block', async () => {
    expect(await unpacked(gzip(CSV), GZIP)).toBe(CSV);
    expect(await unpacked(gzip(CSV), GZIP, 1)).toBe(CSV);
    expect(await unpacked(Buffer.concat([gzip('a\n'), gzip('b\n')]), GZIP)).toBe('a\nb\n');
    expect(await unpacked(Buffer.concat([gzip(CSV), Buffer.alloc(512)]), GZIP)).toBe(CSV);
  });

  test('that was cut off anywhere is refused as cut off', async () => {
    const whole = gzip(CSV);
    for (let at = 1; at < whole.length; at++) expect(await refused(whole.subarray(0, at), GZIP)).toContain('[FILE_TRUNCATED]');
    expect(await refused(Buffer.alloc(0), GZIP)).toContain('[FILE_EMPTY]');
  });

  test('whose checksum does not hold, or that something follows, is refused as damaged', async () => {
    const broken = gzip(CSV);
    broken[broken.length - 6]! ^= 1;
    expect(await refused(broken, GZIP)).toMatch(/does not match its checksum.*\[FILE_CORRUPT\]/);
    expect(await refused(Buffer.concat([gzip(CSV), Buffer.from('more')]), GZIP)).toMatch(/\[FILE_(CORRUPT|TRUNCATED)\]/);
    expect(await refused(Buffer.concat([gzip(CSV), Buffer.alloc(4), gzip(CSV)]), GZIP)).toContain('[FILE_CORRUPT]');
  });

  test('a file that is not packed, or packed otherwise, is told what it looks like', async () => {
    expect(await refused(Buffer.from(CSV), GZIP)).toMatch(/is not a gzip file.*begins as plain text.*\[FILE_NOT_PACKED\]/);
    expect(await refused(await zip({ 'a.csv': CSV }), GZIP)).toMatch(/but a ZIP archive.*zip comes first/);
    expect(await refused(gzip(CSV), ZIP)).toMatch(/is not a ZIP archive.*but a gzip file/);
    expect(await refused(Buffer.from([0, 1, 2, 3, 4]), GZIP)).toContain('[FILE_NOT_PACKED]');
  });
});

describe('zip', () => {
  test('gives the one file that is named, whatever program packed it, deflated or stored, and names it in the place', async () => {
    for (const bytes of [
      await zip({ 'a.csv': CSV }),
      await zip({ 'a.csv': CSV }, { compress: false }),
      zipOf([{ name: 'a.csv', bytes: Buffer.from(CSV) }]),
    ])
      expect(await unpacked(bytes, ZIP)).toBe(CSV);
    const open = await openPacked(
      packedBytes(await zip({ 'out/receipts.csv': CSV, 'readme.txt': 'x' })),
      [step({ zip: { entry: '*.csv' } })],
      {
        file: 'bundle.zip',
        keep: keepInMemory,
      },
    );
    expect(open.file).toBe('bundle.zip › out/receipts.csv');
  });

  test('is found by name in any folder, or by its whole path; what Macs add is not counted', async () => {
    const files = { 'a/receipts.csv': 'a', 'b/payments.csv': 'b', '__MACOSX/a/._receipts.csv': 'x', '.DS_Store': 'x' };
    expect(await unpacked(await zip(files), [{ zip: { entry: 'receipts.*' } }])).toBe('a');
    expect(await unpacked(await zip(files), [{ zip: { entry: 'b/*' } }])).toBe('b');
    expect(await refused(await zip(files), [{ zip: { entry: 'b/*.txt' } }])).toMatch(
      /no file called b\/\*\.txt.*a\/receipts\.csv, b\/payments\.csv.*\[ZIP_ENTRY_MISSING\]/,
    );
    expect(await refused(await zip(files), ZIP)).toMatch(/2 files called \*.*\[ZIP_ENTRY_AMBIGUOUS\]/);
    expect(await refused(await zip({}), ZIP)).toMatch(/It has: nothing.*\[ZIP_ENTRY_MISSING\]/);
  });

  test('that was cut off anywhere is refused as cut off', async () => {
    const whole = await zip({ 'a.csv': CSV });
    for (let at = 1; at < whole.length; at++) expect(await refused(whole.subarray(0, at), ZIP)).toContain('[FILE_TRUNCATED]');
    expect(await refused(Buffer.alloc(0), ZIP)).toContain('[FILE_EMPTY]');
  });

  test('with a wrong checksum, a password or a name that leads elsewhere is refused, each in words of its own', async () => {
    const stored = await zip({ 'a.csv': CSV }, { compress: false });
    const broken = Buffer.from(stored);
    broken[broken.indexOf('12.50')]! ^= 1;
    expect(await refused(broken, ZIP)).toMatch(/file › a\.csv: .*checksum.*\[FILE_CORRUPT\]/);
    const locked = Buffer.from(stored);
    locked[locked.indexOf('PK\x01\x02') + 8]! |= 1;
    expect(await refused(locked, ZIP)).toMatch(/password.*\[ZIP_ENTRY_ENCRYPTED\]/);
    const other = Buffer.from(stored);
    other[other.indexOf('PK\x01\x02') + 10] = 14;
    expect(await refused(other, ZIP)).toMatch(/method 14.*\[ZIP_METHOD\]/);
    for (const name of ['../../etc/passwd', '/etc/passwd', 'C:/a.csv', 'a/../../b.csv', '..\\a.csv'])
      expect(await refused(zipOf([{ name, bytes: Buffer.from(CSV) }]), ZIP), name).toContain('[ZIP_ENTRY_NAME]');
  });
});

describe('OpenPGP', () => {
  const pgp = async (more: object = {}) => [{ pgp: { private_key: (await keysOf('town')).private, ...more } }];

  test('is read, binary and armored, packed and not, with a key that has a passphrase and one that has none', async () => {
    const [town, guarded] = [await keysOf('town'), await keysOf('guarded', 'open sesame')];
    for (const armored of [false, true])
      for (const compress of [false, true]) {
        expect(await unpacked(await encrypted(CSV, { to: town, armored, compress }), await pgp())).toBe(CSV);
        expect(await unpacked(await encrypted(CSV, { to: town, armored, compress }), await pgp(), 7)).toBe(CSV);
      }
    const bytes = await encrypted(CSV, { to: guarded });
    const of = (passphrase?: string) => [{ pgp: { private_key: guarded.private, ...(passphrase === undefined ? {} : { passphrase }) } }];
    expect(await unpacked(bytes, of('open sesame'))).toBe(CSV);
    expect(await refused(bytes, of('wrong'))).toMatch(/not the private key's.*\[PGP_PASSPHRASE_WRONG\]/);
    expect(await refused(bytes, of())).toContain('[PGP_PASSPHRASE_WRONG]');
    expect(await refused(bytes, [{ pgp: { private_key: 'no key' } }])).toContain('[PGP_KEY_UNREADABLE]');
  });

  test('for another key, without integrity protection, not encrypted or altered is refused, each in words of its own', async () => {
    const [town, other] = [await keysOf('town'), await keysOf('other')];
    expect(await refused(await encrypted(CSV, { to: other }), await pgp())).toMatch(/for another key \([0-9A-F]{16}\).*\[PGP_OTHER_KEY\]/);
    const signed = Buffer.from(
      await openpgp.sign({
        message: await openpgp.createMessage({ binary: Buffer.from(CSV) }),
        signingKeys: await openpgp.readPrivateKey({ armoredKey: town.private }),
        format: 'binary',
      }),
    );
    expect(await refused(signed, await pgp())).toContain('[PGP_NOT_ENCRYPTED]');
    expect(await refused(withoutProtection(await encrypted(CSV, { to: town })), await pgp())).toMatch(/no MDC.*\[PGP_UNPROTECTED\]/);
    expect(await refused(Buffer.from(CSV), await pgp())).toMatch(/begins as plain text.*\[FILE_NOT_PACKED\]/);
    expect(await refused(Buffer.alloc(0), await pgp())).toContain('[FILE_EMPTY]');
    const password = Buffer.from(
      await openpgp.encrypt({ message: await openpgp.createMessage({ binary: Buffer.from(CSV) }), passwords: 'x', format: 'binary' }),
    );
    expect(await refused(password, await pgp())).toMatch(/with a password.*\[PGP_OTHER_KEY\]/);
  });

  test('of which any byte was altered or cut off is never taken', { timeout: 60_000 }, async () => {
    const whole = await encrypted(CSV, { to: await keysOf('town') });
    for (let at = 1; at < whole.length; at += 5)
      expect(await refused(whole.subarray(0, at), await pgp()), `cut at ${at}`).toMatch(/\[(PGP|FILE)_/);
    for (let at = 0; at < whole.length; at += 3) {
      const altered = Buffer.from(whole);
      altered[at]! ^= 4;
      expect(await refused(altered, await pgp()), `altered at ${at}`).toMatch(
        /\[(PGP|FILE)_\w+\]$|^read receipt,amount\n00123,12.50\n00124,é\n$/,
      );
    }
  });

  test('is taken with the signature of the sender alone, where that is wanted', async () => {
    const [town, sender, other] = [await keysOf('town'), await keysOf('sender'), await keysOf('other')];
    const steps = await pgp({ signed_by: sender.public });
    expect(await unpacked(await encrypted(CSV, { to: town, by: sender }), steps)).toBe(CSV);
    expect(await refused(await encrypted(CSV, { to: town }), steps)).toMatch(/not signed.*\[PGP_NOT_SIGNED\]/);
    expect(await refused(await encrypted(CSV, { to: town, by: other }), steps)).toMatch(/signed by another key.*\[PGP_SIGNATURE_WRONG\]/);
  });
});

test('what is packed several times is unpacked in the order of the steps', async () => {
  const town = await keysOf('town');
  const bytes = await encrypted(await zip({ 'a.csv.gz': gzip(CSV) }), { to: town });
  expect(await unpacked(bytes, [{ pgp: { private_key: town.private } }, { zip: { entry: '*.gz' } }, { gzip: {} }])).toBe(CSV);
  expect(await unpacked(gzip(await zip({ 'a.csv': CSV })), [{ gzip: {} }, { zip: {} }])).toBe(CSV);
  expect(await unpacked(await encrypted(gzip(CSV), { to: town }), [{ pgp: { private_key: town.private } }, { gzip: {} }])).toBe(CSV);
});

describe('a file that is made to fill disks', () => {
  const LARGE = 400_000_000;
  const zeros = async () => {
    const parts: Buffer[] = [];
    const blank = Buffer.alloc(1_000_000);
    for await (const part of pipeline(Readable.from(Array.from({ length: LARGE / 1e6 }, () => blank)), createGzip(), () => {}))
      parts.push(part as Buffer);
    return Buffer.concat(parts);
  };

  test('is refused while it is unpacked, by size and by ratio, before memory grows', { timeout: 60_000 }, async () => {
    const bomb = await zeros();
    expect(bomb.length).toBeLessThan(500_000);
    const town = await keysOf('town');
    const before = used();
    expect(await refused(bomb, GZIP)).toMatch(/more than 200 times its size.*\[UNPACKED_TOO_LARGE\]/);
    expect(await refused(bomb, [{ gzip: { max_size: 1_000_000 } }])).toMatch(
      /larger than 1,000,000 bytes, the limit that the connector sets.*\[UNPACKED_TOO_LARGE\]/,
    );
    const nested = zipOf([{ name: 'a', bytes: Buffer.alloc(50_000_000) }]);
    expect(await refused(nested, ZIP)).toMatch(/file › a: .*200 times.*\[UNPACKED_TOO_LARGE\]/);
    expect(await refused(await encrypted(Buffer.alloc(50_000_000), { to: town }), [{ pgp: { private_key: town.private } }])).toContain(
      '[UNPACKED_TOO_LARGE]',
    );
    // What one of them would unpack to is 50 MB; the libraries that are loaded meanwhile take about 20.
    expect(used() - before).toBeLessThan(40_000_000);
  });

  test('a usual file of blanks and zeros is none', async () => {
    const blanks = ' '.repeat(9_000_000);
    expect((await unpacked(gzipSync(blanks), GZIP)).length).toBe(blanks.length);
  });
});

test('damaged archives are refused or read, and never fail otherwise', { timeout: 120_000 }, async () => {
  const wholes = [
    { bytes: gzip(CSV), steps: GZIP },
    { bytes: await zip({ 'a.csv': CSV, 'b.txt': 'x' }), steps: [{ zip: { entry: '*.csv' } }] },
    { bytes: await encrypted(CSV, { to: await keysOf('town') }), steps: [{ pgp: { private_key: (await keysOf('town')).private } }] },
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...wholes),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      async ({ bytes, steps }, changes) => {
        const damaged = Buffer.from(bytes);
        for (const [at, by] of changes) damaged[at % damaged.length]! ^= by;
        try {
          const text = await unpacked(damaged, steps);
          // What passes its checks is what was packed, or another file of the archive.
          expect([CSV, 'x']).toContain(text);
        } catch (error) {
          if (!(error instanceof InterlocalError)) throw error;
        }
      },
    ),
    { numRuns: RUNS },
  );
});

/** The same message in a packet without a modification detection code (tag 9 for tag 18). */
function withoutProtection(message: Buffer): Buffer {
  // The session key's packet comes first: its tag, its length in one byte, its body.
  const at = 2 + message[1]!;
  expect([message[0], message[at]]).toEqual([0xc1, 0xd2]);
  const copy = Buffer.from(message);
  copy[at] = 0xc9;
  return copy;
}

function used(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
