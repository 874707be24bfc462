import * as openpgp from 'openpgp';
import { expect, test } from 'vitest';
import { keysOf, refused, unpacked } from '../../../test/formats/packing.ts';
import { packStep, type PackStep } from '../../config/schema/packing.ts';
import { InterlocalError } from '../../core/errors.ts';
import { packFile, receiverOf } from './pack.ts';

const FILE = Buffer.from('receipt,amount\r\n00123,12.50\r\n00124,é\r\n');
const steps = (...given: object[]): PackStep[] => given.map((step) => packStep.parse(step));
const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'packed';
  } catch (error) {
    if (error instanceof InterlocalError) return error.message;
    throw error;
  }
};

test('what was packed is what its receiver unpacks, in whatever order the steps are', async () => {
  const [bank, town] = [await keysOf('bank'), await keysOf('town')];
  const pgp = { pgp: { public_key: bank.public, sign_with: town.private } };
  const unpgp = { pgp: { private_key: bank.private, signed_by: town.public } };
  for (const [pack, unpack] of [
    [[{ gzip: {} }], [{ gzip: {} }]],
    [[{ zip: { entry: 'a.csv' } }], [{ zip: { entry: 'a.csv' } }]],
    [[pgp], [unpgp]],
    [[{ pgp: { ...pgp.pgp, armored: true } }], [unpgp]],
    [
      [{ gzip: {} }, pgp],
      [unpgp, { gzip: {} }],
    ],
    [
      [pgp, { zip: { entry: 'a.pgp' } }],
      [{ zip: {} }, unpgp],
    ],
  ])
    expect(await unpacked(await packFile(FILE, steps(...pack!)), unpack!)).toBe(FILE.toString());
});

test('gzip and zip give the same bytes each time, so a file sent again is recognized', async () => {
  for (const step of [{ gzip: {} }, { zip: { entry: 'a.csv' } }])
    expect(await packFile(FILE, steps(step))).toEqual(await packFile(FILE, steps(step)));
});

test('only the receiver can read what was encrypted, and an unsigned file is none of a town that signs', async () => {
  const [bank, town, other] = [await keysOf('bank'), await keysOf('town'), await keysOf('other')];
  const bytes = await packFile(FILE, steps({ pgp: { public_key: bank.public } }));
  expect(Buffer.from(bytes).includes('12.50')).toBe(false);
  expect(await refused(bytes, [{ pgp: { private_key: other.private } }])).toContain('[PGP_OTHER_KEY]');
  expect(await refused(bytes, [{ pgp: { private_key: bank.private, signed_by: town.public } }])).toContain('[PGP_NOT_SIGNED]');
});

test('a key that cannot be used is told before anything is sent, and never shown', async () => {
  const guarded = await keysOf('guarded', 'open sesame');
  const { publicKey: bank } = await openpgp.generateKey({ userIDs: [{ name: 'bank' }], format: 'armored' });
  const pack = (pgp: object) => codeOf(packFile(FILE, steps({ pgp: { public_key: bank, ...pgp } })));
  expect(await pack({ public_key: 'no key' })).toMatch(/public_key takes is not an armored OpenPGP public key.*\[PGP_KEY_UNREADABLE\]/);
  expect(await pack({ sign_with: bank })).toContain('[PGP_KEY_UNREADABLE]');
  expect(await pack({ sign_with: guarded.private })).toContain('[PGP_PASSPHRASE_WRONG]');
  expect(await pack({ sign_with: guarded.private, passphrase: 'wrong' })).not.toContain('wrong.');
  expect(await pack({ sign_with: guarded.private, passphrase: 'open sesame' })).toBe('packed');
  const expired = await openpgp.generateKey({
    userIDs: [{ name: 'bank' }],
    format: 'armored',
    date: new Date('2020-01-01'),
    keyExpirationTime: 86_400,
  });
  expect(await pack({ public_key: expired.publicKey })).toMatch(/expired.*\[PGP_KEY_UNUSABLE\]/);
});

test('whom a file is encrypted for can be seen before the first is sent', async () => {
  const bank = await keysOf('bank');
  expect(await receiverOf(steps({ gzip: {} }))).toBeUndefined();
  expect(await receiverOf(steps({ pgp: { public_key: bank.public } }))).toMatch(
    /^the key [0-9A-F]{16} of bank <bank@example\.org>, which does not expire$/,
  );
});
