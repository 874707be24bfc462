import fc from 'fast-check';
import { generateKey } from 'openpgp';
import { packStep, type UnpackStep, unpackStep } from '../../../src/config/schema/packing.ts';
import { packFile } from '../../../src/formats/unpack/pack.ts';
import { collected, keepInMemory, openPacked, packedBytes } from '../../../src/formats/unpack/unpack.ts';
import { zipOf } from '../../../src/formats/unpack/pack-zip.ts';
import { applyChanges, changesOf } from '../mutations.ts';
import { Fault, subject, type Subject, type Verdict } from '../subject.ts';

interface Input {
  bytes: Buffer;
  /** What was packed. */
  content: Buffer;
}

/** No two stretches are alike, so what was lost or doubled shows. */
const LINES = Array.from({ length: 60 }, (_, i) => `${String(i * 7919).padStart(6, '0')},Zoé ${i},${i * 37}.50\n`);
const CONTENTS = [Buffer.from(LINES.join('')), Buffer.from(LINES.slice(0, 2).join(''))];
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
  const { privateKey: private_key, publicKey: public_key } = await generateKey({ userIDs: [{ name: 'town' }], format: 'armored' });
  const of = async (...steps: object[]): Promise<Input[]> =>
    Promise.all(
      CONTENTS.flatMap((content) =>
        steps.map(async (step) => ({ content, bytes: Buffer.from(await packFile(content, [packStep.parse(step)])) })),
      ),
    );
  const archive = (content: Buffer): Input => ({
    content,
    bytes: zipOf([
      { name: 'read me.txt', bytes: Buffer.from('x') },
      { name: 'out/a.csv', bytes: content },
    ]),
  });
  return [
    packedSubject('gzip', weight, { gzip: {} }, await of({ gzip: {} })),
    packedSubject('zip', weight, { zip: { entry: 'a.csv' } }, [...(await of({ zip: { entry: 'a.csv' } })), ...CONTENTS.map(archive)]),
    packedSubject('pgp', weight, { pgp: { private_key } }, await of({ pgp: { public_key } }, { pgp: { public_key, armored: true } })),
  ];
}

function packedSubject(name: string, weight: number, step: object, files: readonly Input[]): Subject {
  const parsed = unpackStep.parse(step);
  const changes = fc.oneof({ weight: 9, arbitrary: changesOf(TOKENS) }, { weight: 1, arbitrary: fc.constant([]) });
  return subject<Input>({
    name,
    weight,
    inputs: fc
      .record({ file: fc.constantFrom(...files), changes })
      .map(({ file: { bytes, content }, changes }) => ({ content, bytes: applyChanges(bytes, changes) })),
    attempt: (input) => attempt(parsed, input),
    bytesOf: ({ bytes }) => bytes,
  });
}

async function attempt(step: UnpackStep, { bytes, content: given }: Input): Promise<Verdict> {
  const open = await openPacked(packedBytes(bytes), [step], { file: 'made', keep: keepInMemory });
  const content = await collected(open.read());
  await open.close();
  // A gzip file may follow another one: the changes may have doubled it.
  const times = Math.max(1, Math.round(content.length / given.length));
  if (!content.equals(Buffer.alloc(given.length * times, given)))
    throw new Fault(`It unpacks to something else than was packed: ${content.length} bytes instead of ${given.length}.`);
  return { state: 'read', codes: [] };
}
