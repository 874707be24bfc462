import { gzipSync } from 'node:zlib';
import { FatalError } from '../../core/errors.ts';
import { zipOf } from '../../formats/unpack/pack-zip.ts';
import { packingOf } from '../../formats/unpack/packing-kinds.ts';
import { openPacked, packedBytes, keepInMemory, type UnpackStep } from '../../formats/unpack/unpack.ts';
import { openArchive } from '../../formats/unpack/zip.ts';
import { unpackStep } from '../../config/schema/connector.ts';
import type { PlainMap } from './proposal.ts';
import { patternOf } from './csv.ts';

/** A sample as a decoder gets it. */
export interface OpenSample {
  /** What it is called without what it is packed in. */
  file: string;
  bytes: Buffer;
  /** The bytes are only the beginning. */
  cut: boolean;
  /** The steps that were undone, as they are in a manifest. */
  unpack: PlainMap[];
  evidence: string[];
  /** Packs other content in the same way, always to the same bytes. */
  pack(bytes: Buffer): Buffer;
}

/** Much more than is looked at. */
const MAX_BYTES = 16_000_000;
const MAX_STEPS = 4;

/** Unpacks a sample as far as it is packed. Throws FatalError SAMPLE_UNREADABLE for what is encrypted or only the beginning of an archive. */
export async function openSample(file: string, bytes: Buffer, cut = false): Promise<OpenSample> {
  let sample: OpenSample = { file, bytes, cut, unpack: [], evidence: [], pack: (content) => content };
  for (let n = 0; n < MAX_STEPS; n++) {
    const kind = packingOf(sample.bytes);
    if (kind === undefined) break;
    if (kind === 'pgp')
      throw unreadable(
        file,
        'The sample is encrypted with OpenPGP, and there is no key here.',
        'Decrypt it and give that; then add pgp as the first step of unpack in the manifest.',
      );
    const next = kind === 'gzip' ? await openGzip(sample) : await openZip(sample);
    if (!next) break;
    sample = next;
  }
  return sample;
}

async function openGzip(sample: OpenSample): Promise<OpenSample> {
  const { bytes, cut } = await beginning(sample, unpackStep.parse({ gzip: {} }));
  return {
    file: sample.file.replace(/\.gz$/i, ''),
    bytes,
    cut,
    unpack: [...sample.unpack, { gzip: {} }],
    evidence: [...sample.evidence, 'packed as gzip, by its first bytes'],
    pack: (content) => sample.pack(gzipSync(content)),
  };
}

/** undefined: a workbook, which is an archive itself. */
async function openZip(sample: OpenSample): Promise<OpenSample | undefined> {
  if (sample.cut)
    throw unreadable(
      sample.file,
      'The sample is a workbook or ZIP archive too large to be looked at.',
      'Give a smaller one, with a few records.',
    );
  const entries = await openArchive(packedBytes(sample.bytes), sample.file);
  if (entries.some(({ name }) => name.toLowerCase() === '[content_types].xml')) return undefined;
  const files = entries.filter(({ name }) => !name.startsWith('__MACOSX/') && !/(^|\/)\./.test(name));
  const largest = files.reduce<(typeof files)[number] | undefined>((a, b) => (a && a.size >= b.size ? a : b), undefined);
  if (!largest) throw unreadable(sample.file, 'The ZIP archive of the sample has no file in it.', 'Give one with a file.');
  const name = largest.name.slice(largest.name.lastIndexOf('/') + 1);
  const one = files.length === 1;
  const { bytes, cut } = await beginning(sample, unpackStep.parse({ zip: { entry: largest.name.includes('/') ? largest.name : name } }));
  return {
    file: name,
    bytes,
    cut,
    unpack: [...sample.unpack, { zip: one ? {} : { entry: patternOf(name) } }],
    evidence: [
      ...sample.evidence,
      one
        ? `a ZIP archive with one file, ${name}`
        : `a ZIP archive with ${files.length} files, of which ${name} is the largest: a stream reads one of them`,
    ],
    pack: (content) => sample.pack(zipOf([{ name: largest.name, bytes: content }])),
  };
}

async function beginning(sample: OpenSample, step: UnpackStep): Promise<{ bytes: Buffer; cut: boolean }> {
  const parts: Buffer[] = [];
  let size = 0;
  let { cut } = sample;
  try {
    const unpacked = await openPacked(packedBytes(sample.bytes), [step], { file: sample.file, keep: keepInMemory });
    for await (const part of unpacked.read()) {
      parts.push(Buffer.from(part));
      if ((size += part.length) < MAX_BYTES) continue;
      cut = true;
      break;
    }
  } catch (error) {
    // Of a sample that is only the beginning, what came out of it will do.
    if (!sample.cut || size === 0) throw error;
  }
  return { bytes: Buffer.concat(parts), cut };
}

function unreadable(file: string, message: string, hint: string): FatalError {
  return new FatalError({ code: 'SAMPLE_UNREADABLE', place: { file }, message, hint });
}
