/**
 * The text of an XML answer. The byte order mark decides, then the content type's charset, then the XML declaration (RFC 7303
 * section 3); without any it is UTF-8. What does not decode is refused through `refuse`, never replaced.
 */
export async function decodeXml(bytes: AsyncIterable<Uint8Array>, contentType: string, refuse: (what: string) => Error): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  const all = Buffer.concat(parts);
  const declared = /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(all.subarray(0, 200).toString('latin1'))?.[1];
  const name = byteOrderMark(all) ?? /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ?? declared ?? 'utf-8';
  let decoder: InstanceType<typeof TextDecoder>;
  try {
    decoder = new TextDecoder(name, { fatal: true });
  } catch {
    throw refuse(`is in the encoding ${name}, which is not known here`);
  }
  try {
    return decoder.decode(all);
  } catch {
    throw refuse(`is not in ${name}, though it says so`);
  }
}

function byteOrderMark(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}
