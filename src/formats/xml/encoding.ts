import type { Encoding } from '../text/encodings.ts';
import type { XmlOptions } from '../../config/schema/connector.ts';
import { byteOrderMark, declaredIn, encodingNamed } from '../text/charset.ts';
import { refuseFile } from '../refuse.ts';
import { readHead } from '../text/head.ts';

/**
 * The encoding of an XML document by its byte order mark, else its declaration, else UTF-8; and all of its bytes again.
 * A file that declares UTF-16 and is none (.NET writes them so) is read as UTF-8, which is checked anyway.
 */
export async function xmlEncoding(
  bytes: AsyncIterable<Uint8Array>,
  wanted: XmlOptions['encoding'],
  file: string,
): Promise<{ encoding: Encoding; bytes: AsyncIterable<Uint8Array> }> {
  if (wanted !== 'declared') return { encoding: wanted, bytes };
  const { head, bytes: again } = await readHead(bytes, DECLARATION, (begun) => begun.includes('?>'));
  return { encoding: encodingOf(head, file), bytes: again };
}

const DECLARATION = 256;

function encodingOf(head: Buffer, file: string): Encoding {
  const mark = byteOrderMark(head);
  if (mark !== undefined) return mark as Encoding;
  if (head[0] === 0x3c && head[1] === 0) return 'utf-16le';
  if (head[0] === 0 && head[1] === 0x3c) return 'utf-16be';
  const declared = declaredIn(head);
  if (declared === undefined || declared.startsWith('utf-16')) return 'utf-8';
  const encoding = encodingNamed(declared);
  if (!encoding)
    throw refuseFile(
      'FILE_ENCODING',
      file,
      { line: 1 },
      `The file declares the encoding ${JSON.stringify(declared)}, which is not known here.`,
      'Have it exported as UTF-8.',
    );
  return encoding;
}
