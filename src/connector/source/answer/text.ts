import { FatalError } from '../../../core/errors.ts';
import { CharsetConflict, textCharset, xmlCharset } from '../../../formats/text/charset.ts';

/**
 * The text of a small answer, JSON, XML or plain, in the encoding that it has by its bytes, its Content-Type and its own declaration.
 * Bytes that do not fit are replaced, as in UTF-8 where nothing is said. Throws FatalError CHARSET_CONFLICT.
 */
export function answerText(bytes: Buffer, contentType: string | undefined, name: string): string {
  try {
    const xml = /^(?:\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)?[\s\0]*</.test(bytes.subarray(0, 64).toString('latin1'));
    const label = xml ? xmlCharset(bytes, contentType) : (textCharset(bytes, contentType, isJson(bytes)) ?? 'utf-8');
    return new TextDecoder(label).decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) return bytes.toString('utf8');
    if (!(error instanceof CharsetConflict)) throw error;
    throw new FatalError({
      code: 'CHARSET_CONFLICT',
      place: { system: name },
      message: `The answer ${error.message}.`,
      hint: 'Ask the owner of the system which is correct.',
    });
  }
}

function isJson(bytes: Buffer): boolean {
  return /^(?:\u00ef\u00bb\u00bf)?\s*[[{"]/.test(bytes.subarray(0, 64).toString('latin1'));
}
