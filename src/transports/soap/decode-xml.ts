import { CharsetConflict, xmlCharset } from '../../formats/text/charset.ts';

interface SaidOf {
  contentType: string;
  /** What the connection says it is, whatever headers and documents say. */
  encoding: string | undefined;
}

/**
 * The text of an XML answer. The byte order mark decides, then the content type's charset, then the XML declaration (RFC 7303
 * section 3); without any it is UTF-8. What does not decode, or names two encodings, is refused through `refuse`, never replaced.
 */
export async function decodeXml(
  bytes: AsyncIterable<Uint8Array>,
  { contentType, encoding }: SaidOf,
  refuse: (what: string, hint?: string) => Error,
): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  const all = Buffer.concat(parts);
  let name: string;
  try {
    name = encoding ?? xmlCharset(all, contentType);
  } catch (error) {
    if (!(error instanceof CharsetConflict)) throw error;
    throw refuse(error.message, 'Ask the owner of the service which is correct, and set encoding of the connection accordingly.');
  }
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(name, { fatal: true });
  } catch {
    throw refuse(`is in the encoding ${name}, which is not known here`);
  }
  try {
    return decoder.decode(all);
  } catch {
    throw refuse(`is declared as ${name} but is not`);
  }
}
