import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { alike } from '../../../src/authoring/certify/recordings/changes.ts';
import { goodOf, type Reading, readBytes } from '../../../src/authoring/certify/reading.ts';
import { verdictOf } from '../attempt.ts';
import { applyChanges, changesOf } from '../mutations.ts';
import type { StreamFile } from '../pack-files.ts';
import { Fault, subject, type Subject, type Verdict } from '../subject.ts';

interface Input {
  file: StreamFile;
  bytes: Buffer;
  /** Sizes of the pieces in which it is read a second time. */
  pieces: number[];
  /** Only one digit was changed: of a file with control figures, this must not change a sum. */
  digit: boolean;
}

/** Files of a format as they come from a system, each changed: cut, doubled, turned over, re-encoded, grown. */
export function filesSubject(name: string, weight: number, files: readonly StreamFile[], tokens: readonly string[]): Subject {
  if (files.length === 0) throw new Error(`There is no file for ${name}.`);
  const file = fc.constantFrom(...files);
  const pieces = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 4 });
  const changed = fc
    .record({ file, changes: changesOf(tokens), pieces })
    .map(({ changes, ...rest }): Input => ({ ...rest, bytes: applyChanges(rest.file.bytes, changes), digit: false }));
  const digit = fc
    .record({ file, at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), pieces })
    .map(({ at, ...rest }): Input => ({ ...rest, bytes: otherDigit(rest.file.bytes, at), digit: true }));
  const balanced = files.some((f) => summedFields(f).length > 0);
  return subject<Input>({
    name,
    weight,
    inputs: balanced ? fc.oneof({ weight: 2, arbitrary: changed }, { weight: 1, arbitrary: digit }) : changed,
    attempt,
    bytesOf: ({ bytes }) => bytes,
    about: ({ file, pieces, digit }) => `${file.name}${digit ? ', one digit changed' : ''}, read again in pieces of ${pieces.join(', ')}`,
  });
}

const originals = new WeakMap<StreamFile, Promise<Reading>>();
/** Larger ones are read once. */
const MAX_FOR_PIECES = 100_000;

async function attempt({ file, bytes, pieces, digit }: Input): Promise<Verdict> {
  const reading = await readBytes(file.stream, file.file, bytes, {});
  if (bytes.length <= MAX_FOR_PIECES) await sameInPieces(file, bytes, pieces, reading);
  const verdict = verdictOf(reading);
  if (digit && !reading.refused) await noSumChanged(file, reading);
  return verdict;
}

/** What a file reads as must not depend on where the network cuts it. Which of its faults is told first may. */
async function sameInPieces(file: StreamFile, bytes: Buffer, pieces: readonly number[], whole: Reading): Promise<void> {
  // Large files in few pieces.
  const factor = Math.max(1, Math.floor(bytes.length / 2000));
  async function* cut(): AsyncGenerator<Uint8Array> {
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = pieces[i % pieces.length]! * factor;
      yield Buffer.from(bytes.subarray(at, at + size));
      at += size;
    }
  }
  const cutUp = await readBytes(file.stream, file.file, cut(), {});
  if (cutUp.refused && whole.refused) return;
  const told = ({ refused }: Reading) => refused?.[0]!.message ?? 'read';
  if (cutUp.refused || whole.refused) throw new Fault(`In one piece: ${told(whole)}. In pieces: ${told(cutUp)}.`);
  const plain = ({ records }: Reading) => records.map((r) => [r.number, r.line, r.type, r.key, r.values, r.problem?.code]);
  if (!isDeepStrictEqual(plain(cutUp), plain(whole))) throw new Fault('The records are others when the file comes in pieces.');
}

/** A changed digit may be refused, or stand where no figure is; it may not make another sum of a file that balances. */
async function noSumChanged(file: StreamFile, reading: Reading): Promise<void> {
  const fields = summedFields(file);
  let original = originals.get(file);
  if (!original) originals.set(file, (original = readBytes(file.stream, file.file, file.bytes, {})));
  const before = await original;
  if (before.refused || fields.length === 0 || goodOf(before).length !== goodOf(reading).length) return;
  const sums = (of: Reading) => fields.map((field) => `${field} ${goodOf(of).reduce((sum, r) => sum + cents(r.values[field]), 0n)}`).join();
  if (sums(before) !== sums(reading)) throw new Fault(`One digit changed, and the sum with it: ${sums(before)} became ${sums(reading)}.`);
}

function summedFields({ stream }: StreamFile): string[] {
  if (stream.decoder?.bai2) return ['amount'];
  const own = stream.record_selector?.types;
  const totals = (stream.control ?? []).filter((c) => c.total && (!own || !c.records || c.records.some((type) => own.includes(type))));
  return [...new Set(totals.map((c) => c.total!.of))];
}

function cents(value: unknown): bigint {
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? BigInt(value.replace('.', '')) : 0n;
}

function otherDigit(bytes: Buffer, at: number): Buffer {
  const text = bytes.toString('latin1');
  const digits = [...text.matchAll(/\d/g)];
  const spot = digits[Math.floor(at * digits.length)];
  return spot ? Buffer.from(text.slice(0, spot.index) + alike(spot[0]) + text.slice(spot.index + 1), 'latin1') : bytes;
}
