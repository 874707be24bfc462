import { counted } from '../../../core/text/counted.ts';
import { gzipSync } from 'node:zlib';
import type { UnpackStep } from '../../../config/schema/connector.ts';
import { fails, holds, type Verdict } from '../finding.ts';
import { fillText } from '../../../connector/template.ts';
import { openUnpacked } from '../../../connector/sink/packing.ts';
import { InterlocalError, type Problem } from '../../../core/errors.ts';
import { zipOf } from '../../../formats/unpack/pack-zip.ts';
import { keepInMemory, packedBytes } from '../../../formats/unpack/unpack.ts';
import type { FileCheck, FileContext } from './context.ts';
import { sameRecords, saidOf } from '../reading.ts';

/** What happens to files that are packed, encrypted or no text at all. */
export const FILE_PACKED: readonly FileCheck[] = [
  { check: 'damaged', title: 'A packed file that was damaged on its way is refused', run: damaged },
  { check: 'packed_otherwise', title: 'A file that is not packed as the connector says is refused', run: packedOtherwise },
  { check: 'bomb', title: 'A small file that unpacks to far more is refused', run: bomb },
];

const TRIES = 60;

/** Formats that carry checksums: no bit may change what is read without being noticed. */
async function damaged(context: FileContext): Promise<Verdict> {
  const { main, reading, stream } = context;
  if (!stream.retriever.files!.unpack && !stream.decoder!.xlsx) return undefined;
  const step = Math.max(1, Math.floor(main.bytes.length / TRIES));
  let refused = 0;
  let tried = 0;
  for (let at = 0; at < main.bytes.length; at += step) {
    const altered = Buffer.from(main.bytes);
    altered[at]! ^= 0x10;
    const read = await context.read(altered);
    tried++;
    if (read.refused) refused++;
    else if (!sameRecords(read.records, reading.records))
      return fails(
        `With another bit at byte ${at + 1} the file reads as other records.`,
        'This is a bug in Interlocal: please report it with the recording.',
      );
  }
  return holds(`A bit was flipped in ${counted(tried, 'place')}: the file was refused ${refused} times and read the same the other times.`);
}

async function packedOtherwise(context: FileContext): Promise<Verdict> {
  if (!context.plain) return undefined;
  const read = await context.read(context.plain.main.bytes);
  return read.refused
    ? holds(`Unpacked, it is refused (${saidOf(read.refused)})`)
    : fails(
        'A file that was not packed as the connector says was read anyway.',
        'This is a bug in Interlocal: please report it with the recording.',
      );
}

const BOMB_BYTES = 64_000_000;

async function bomb(context: FileContext): Promise<Verdict> {
  const [step] = context.stream.retriever.files!.unpack ?? [];
  const bytes = step ? await bombOf(step, context) : context.stream.decoder!.xlsx ? workbookBomb() : undefined;
  if (!bytes) return undefined;
  const refused = step ? await refusal([step], bytes, context) : (await context.read(bytes)).refused;
  if (refused?.some((p) => p.code === 'UNPACKED_TOO_LARGE'))
    return holds(
      `${(bytes.length / 1000).toFixed(0)} KB that unpack to ${BOMB_BYTES / 1e6} MB are refused while unpacking (UNPACKED_TOO_LARGE).`,
    );
  return fails(
    refused ? `Refused, but with ${saidOf(refused)}` : 'A small file that unpacks to far more was read.',
    'In the connector, set max_size and max_ratio of this step of unpack no higher than real files need.',
  );
}

/** Why the bytes are refused by these steps alone. */
async function refusal(steps: UnpackStep[], bytes: Buffer, { main, variables }: FileContext): Promise<readonly Problem[] | undefined> {
  try {
    const unpacked = await openUnpacked(packedBytes(bytes), steps, { file: main.name, variables, keep: keepInMemory });
    for await (const _ of unpacked.read());
    return undefined;
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return error.problems;
  }
}

/** Zeros, packed as the outermost step undoes it. undefined: the connector allows so much. */
async function bombOf({ gzip, zip, pgp }: UnpackStep, { variables }: FileContext): Promise<Buffer | undefined> {
  const { max_ratio, max_size } = (gzip ?? zip ?? pgp)!;
  if (max_ratio > 500 && max_size >= BOMB_BYTES) return undefined;
  const zeros = Buffer.alloc(BOMB_BYTES);
  if (gzip) return gzipSync(zeros);
  if (zip) return zipOf([{ name: zip.entry.replaceAll('*', 'x').replaceAll('?', 'x'), bytes: zeros }]);
  const openpgp = await import('openpgp');
  const key = await openpgp.readPrivateKey({ armoredKey: fillText(pgp!.private_key, variables) });
  const encrypted = await openpgp.encrypt({
    message: await openpgp.createMessage({ binary: zeros }),
    encryptionKeys: key.toPublic(),
    format: 'binary',
    config: { preferredCompressionAlgorithm: openpgp.enums.compression.zip },
  });
  return Buffer.from(encrypted);
}

function workbookBomb(): Buffer {
  const relation = '<Relationship Id="r" Type="x/officeDocument" Target="xl/workbook.xml"/>';
  return zipOf([
    { name: '[Content_Types].xml', bytes: Buffer.from('<Types/>') },
    { name: '_rels/.rels', bytes: Buffer.from(`<Relationships>${relation}</Relationships>`) },
    { name: 'xl/workbook.xml', bytes: Buffer.from(`<workbook>${'<a/>'.repeat(BOMB_BYTES / 4)}</workbook>`) },
  ]);
}
