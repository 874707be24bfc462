import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import * as openpgp from 'openpgp';
import { type UnpackStep, unpackStep } from '../../../src/config/schema/packing.ts';
import { keepInMemory, openPacked, packedBytes } from '../../../src/formats/unpack.ts';
import { zipOf } from '../../../src/formats/pack-zip.ts';
import { applyChanges, changesOf } from '../mutations.ts';
import { Fault, subject, type Subject, type Verdict } from '../subject.ts';

interface Input {
  bytes: Buffer;
}

/** No two stretches are alike, so that what was lost or doubled shows. */
const CONTENT = Buffer.from(
  Array.from(
    { length: 60 },
    (_, i) => `${String(i * 7919).padStart(6, '0')},Zoé ${i},${i * 37}.${String(i % 100).padStart(2, '0')}\n`,
  ).join(''),
);
const TOKENS = [
  '\x1f\x8b\x08',
  'PK\x01\x02',
  'PK\x03\x04',
  'PK\x05\x06',
  'PK\x06\x06',
  '\xff\xff\xff\xff',
  '\0\0\0\0',
  '../',
  '/',
  '=',
  '\n\n',
];

/** Packed files that were changed on their way: what is unpacked is what was packed, or nothing is. */
export async function packedSubjects(weight: number): Promise<Subject[]> {
  const key = await openpgp.generateKey({ userIDs: [{ name: 'town' }], format: 'armored' });
  const pgp = { pgp: { private_key: key.privateKey } };
  const encrypted = await encryptedFor(key.publicKey);
  const archives = [
    zipOf([{ name: 'a.csv', bytes: CONTENT }]),
    zipOf([
      { name: 'read me.txt', bytes: Buffer.from('x') },
      { name: 'out/a.csv', bytes: CONTENT },
    ]),
  ];
  return [
    packedSubject('gzip', weight, { gzip: {} }, [gzipSync(CONTENT), Buffer.concat([gzipSync(CONTENT), Buffer.alloc(64)])]),
    packedSubject('zip', weight, { zip: { entry: 'a.csv' } }, archives),
    packedSubject('pgp', weight / 2, pgp, encrypted),
  ];
}

async function encryptedFor(publicKey: string): Promise<Buffer[]> {
  const encryptionKeys = await openpgp.readKey({ armoredKey: publicKey });
  const message = () => openpgp.createMessage({ binary: new Uint8Array(CONTENT) });
  return [
    Buffer.from(await openpgp.encrypt({ message: await message(), encryptionKeys, format: 'binary' })),
    Buffer.from(await openpgp.encrypt({ message: await message(), encryptionKeys, format: 'armored' })),
  ];
}

function packedSubject(name: string, weight: number, step: object, files: readonly Buffer[]): Subject {
  const parsed = unpackStep.parse(step);
  return subject<Input>({
    name,
    weight,
    inputs: fc
      .record({
        file: fc.constantFrom(...files),
        changes: fc.oneof({ weight: 9, arbitrary: changesOf(TOKENS) }, { weight: 1, arbitrary: fc.constant([]) }),
      })
      .map(({ file, changes }) => ({ bytes: applyChanges(file, changes) })),
    attempt: ({ bytes }) => attempt(parsed, bytes),
    bytesOf: ({ bytes }) => bytes,
  });
}

async function attempt(step: UnpackStep, bytes: Buffer): Promise<Verdict> {
  const open = await openPacked(packedBytes(bytes), [step], { file: 'made', keep: keepInMemory });
  const parts: Buffer[] = [];
  for await (const part of open.read()) parts.push(Buffer.from(part));
  await open.close();
  const content = Buffer.concat(parts);
  // A gzip file may follow another one: the changes may have doubled it.
  const times = Math.max(1, content.length / CONTENT.length);
  if (!Number.isInteger(times) || !content.equals(Buffer.alloc(CONTENT.length * times, CONTENT)))
    throw new Fault(`It unpacks to something else than was packed: ${content.length} bytes instead of ${CONTENT.length}.`);
  return { state: 'read', codes: [] };
}
