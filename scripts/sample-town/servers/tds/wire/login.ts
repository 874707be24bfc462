// LOGIN7 (MS-TDS 2.2.6.4): offsets into one buffer, text in UCS-2, the password with swapped nibbles XOR 0xA5.

export interface Login {
  user: string;
  password: string;
  database: string;
  hostName: string;
  appName: string;
  packetSize: number;
  tdsVersion: number;
  /** Windows authentication asked for. */
  integrated: boolean;
  /** Its first message; empty for a SQL login. */
  sspi: Buffer;
}

export function readLogin(payload: Buffer): Login {
  const text = (directory: number): string => {
    const offset = payload.readUInt16LE(directory);
    return payload.toString('ucs2', offset, offset + payload.readUInt16LE(directory + 2) * 2);
  };
  const passwordOffset = payload.readUInt16LE(44);
  const scrambled = payload.subarray(passwordOffset, passwordOffset + payload.readUInt16LE(46) * 2);
  return {
    tdsVersion: payload.readUInt32LE(4),
    packetSize: payload.readUInt32LE(8),
    hostName: text(36),
    user: text(40),
    password: descramble(scrambled),
    appName: text(48),
    database: text(68),
    integrated: (payload.readUInt8(25) & 0x80) !== 0,
    sspi: payload.subarray(payload.readUInt16LE(78), payload.readUInt16LE(78) + payload.readUInt16LE(80)),
  };
}

function descramble(bytes: Buffer): string {
  const plain = Buffer.from(bytes.map((byte) => swapNibbles(byte ^ 0xa5)));
  return plain.toString('ucs2');
}

function swapNibbles(byte: number): number {
  return ((byte << 4) & 0xf0) | (byte >> 4);
}

/** The client proposes, the server keeps within what TDS allows (512 to 32767 bytes). */
export function agreePacketSize(proposed: number): number {
  if (proposed === 0) return 4096;
  return Math.min(32767, Math.max(512, proposed));
}
