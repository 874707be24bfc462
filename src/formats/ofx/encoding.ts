import type { Encoding } from '../text/encodings.ts';
import type { OfxOptions } from '../../config/schema/connector.ts';
import { refuseFile } from '../refuse.ts';
import { readHead } from '../text/head.ts';
import { xmlEncoding } from '../xml/encoding.ts';

const HEADER = 1024;

/**
 * The encoding of an OFX file: that of its XML declaration (version 2), or what its header says (version 1: ENCODING and
 * CHARSET); and all of its bytes again.
 */
export async function ofxEncoding(
  bytes: AsyncIterable<Uint8Array>,
  wanted: OfxOptions['encoding'],
  file: string,
): Promise<{ encoding: Encoding; bytes: AsyncIterable<Uint8Array> }> {
  if (wanted !== 'declared') return { encoding: wanted, bytes };
  const { head, bytes: again, close } = await readHead(bytes, HEADER);
  // A mark of UTF-8 is better evidence than what a header says.
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', bytes: again };
  const text = head.toString('latin1');
  if (!text.includes('OFXHEADER:')) return xmlEncoding(again, 'declared', file);
  const said = (key: string): string => {
    const at = text.indexOf(`${key}:`);
    return at < 0
      ? ''
      : text
          .slice(at + key.length + 1, at + key.length + 31)
          .trimStart()
          .split(/[\s<]/, 1)[0]!
          .toUpperCase();
  };
  const [encoding, charset] = [said('ENCODING'), said('CHARSET')];
  if (['UTF-8', 'UTF8', 'UNICODE'].includes(encoding)) return { encoding: 'utf-8', bytes: again };
  if (['1252', 'WINDOWS-1252', 'CP1252'].includes(charset)) return { encoding: 'windows-1252', bytes: again };
  if (['ISO-8859-1', '8859-1'].includes(charset)) return { encoding: 'iso-8859-1', bytes: again };
  if (['', 'NONE'].includes(charset)) return { encoding: 'ascii', bytes: again };
  await close();
  throw refuseFile(
    'FILE_ENCODING',
    file,
    { line: 1 },
    `The header says ENCODING ${encoding || 'nothing'} and CHARSET ${charset.slice(0, 20)}, which is not known here.`,
    'Set encoding in the decoder (ofx) of the connector to what the bank really writes.',
  );
}
