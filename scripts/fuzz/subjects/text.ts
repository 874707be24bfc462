import type { Encoding } from '../../../src/formats/text/encodings.ts';
import fc from 'fast-check';
import { encoding as encodingSchema } from '../../../src/config/schema/decoder.ts';
import { decodeText } from '../../../src/formats/text/decoding.ts';
import { applyChanges, changesOf } from '../mutations.ts';
import { Fault, subject, type Subject } from '../subject.ts';

interface Input {
  encoding: Encoding;
  bytes: Buffer;
  piece: number;
}

const SAMPLE = 'id,name\n1,Zoé Müller\r\n2,naïve café – “quoted” 😀\n3,本日\n';
const ASCII = 'id,name\n1,Zoe Muller\r\n2,plain text\n';

/** Bytes said to be of an encoding: what is read is what the platform's own strict decoder reads. */
export function textSubject(weight: number): Subject {
  const inputs = fc
    .record({
      encoding: fc.constantFrom(...encodingSchema.unwrap().options),
      changes: changesOf(['é', '😀', '\ud83d', '\ufeff', '\n', '\0', '\xff']),
      piece: fc.integer({ min: 1, max: 20 }),
      plain: fc.boolean(),
    })
    .map(({ encoding, changes, piece, plain }): Input => ({ encoding, piece, bytes: applyChanges(written(encoding, plain), changes) }));
  return subject<Input>({
    name: 'text',
    weight,
    inputs,
    async attempt({ encoding, bytes, piece }) {
      let text = '';
      for await (const part of decodeText(cut(bytes, piece), encoding, { file: 'text' })) text += part;
      if (encoding.startsWith('utf-') && text !== new TextDecoder(encoding, { fatal: true }).decode(bytes))
        throw new Fault(`${encoding} was read as something else than it is.`);
      if (!encoding.startsWith('utf-') && text.length !== bytes.length)
        throw new Fault(`${bytes.length} bytes of ${encoding} became ${text.length} characters.`);
      return { state: 'read', codes: [] };
    },
    bytesOf: ({ bytes }) => bytes,
    about: ({ encoding, piece }) => `read as ${encoding} in pieces of ${piece}`,
  });
}

function written(encoding: Encoding, plain: boolean): Buffer {
  const text = plain ? ASCII : SAMPLE;
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
  return Buffer.from(text, encoding === 'utf-8' ? 'utf8' : 'latin1');
}

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  const step = Math.max(size, Math.ceil(bytes.length / 2000));
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}
