// PRELOGIN: version and the agreement on encryption (MS-TDS 2.2.6.5).

const options = { version: 0x00, encryption: 0x01, instance: 0x02, threadId: 0x03, mars: 0x04, end: 0xff };

export const encryption = { off: 0x00, on: 0x01, notSupported: 0x02, required: 0x03 } as const;

/** The client's wish for encryption, as one of the `encryption` values. */
export function readPreloginEncryption(payload: Buffer): number {
  for (let at = 0; at < payload.length && payload[at] !== options.end; at += 5) {
    if (payload[at] === options.encryption) return payload.readUInt8(payload.readUInt16BE(at + 1));
  }
  return encryption.notSupported;
}

/** A client that encrypts gets it; one that would encrypt only its login is told to encrypt everything; else plain text. */
export function agreeEncryption(wish: number): number {
  if (wish === encryption.on || wish === encryption.required) return encryption.on;
  return wish === encryption.off ? encryption.required : encryption.notSupported;
}

/** The server's answer. MARS is off: one request at a time on a connection. */
export function buildPrelogin(agreed: number): Buffer {
  const fields: [number, Buffer][] = [
    [options.version, Buffer.from([16, 0, 0x10, 0x3b, 0, 0])],
    [options.encryption, Buffer.from([agreed])],
    [options.instance, Buffer.from([0])],
    [options.threadId, Buffer.alloc(0)],
    [options.mars, Buffer.from([0])],
  ];
  const directory = Buffer.alloc(fields.length * 5 + 1, options.end);
  let offset = directory.length;
  fields.forEach(([token, data], index) => {
    directory.writeUInt8(token, index * 5);
    directory.writeUInt16BE(offset, index * 5 + 1);
    directory.writeUInt16BE(data.length, index * 5 + 3);
    offset += data.length;
  });
  return Buffer.concat([directory, ...fields.map(([, data]) => data)]);
}
