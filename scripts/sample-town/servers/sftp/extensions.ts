import type { SFTPWrapper } from 'ssh2';

export const POSIX_RENAME = 'posix-rename@openssh.com';

/**
 * Makes the server's VERSION answer name posix-rename. ssh2 answers EXTENDED requests but has no way to announce them, and a client asks
 * only for what was announced; so the one nine-byte VERSION packet is replaced on its way out, by wrapping an inner method of ssh2 1.17.
 * Without that method (another ssh2) the extension is not announced and clients use the plain rename.
 */
export function announcePosixRename(sftp: SFTPWrapper): void {
  const { _protocol: protocol, outgoing } = sftp as unknown as { _protocol?: Protocol; outgoing?: { id: number; window: number } };
  if (typeof protocol?.channelData !== 'function' || outgoing === undefined) return;
  const send = protocol.channelData;
  protocol.channelData = function (id, data) {
    if (id !== outgoing.id || data.length !== PLAIN_VERSION.length || !PLAIN_VERSION.equals(data)) return send.call(this, id, data);
    protocol.channelData = send;
    outgoing.window -= VERSION.length - PLAIN_VERSION.length;
    return send.call(this, id, VERSION);
  };
}

/** The two paths of a posix-rename request, or undefined if it is malformed. */
export function renamePaths(data: Buffer): [string, string] | undefined {
  const from = readString(data, 0);
  const to = from === undefined ? undefined : readString(data, from.end);
  return from === undefined || to === undefined ? undefined : [from.text, to.text];
}

interface Protocol {
  channelData?: (id: number, data: Buffer) => unknown;
}

const PLAIN_VERSION = Buffer.from([0, 0, 0, 5, 2, 0, 0, 0, 3]);
const VERSION = withLength(Buffer.concat([PLAIN_VERSION.subarray(4), withLength(Buffer.from(POSIX_RENAME)), withLength(Buffer.from('1'))]));

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function readString(data: Buffer, at: number): { text: string; end: number } | undefined {
  if (data.length < at + 4) return undefined;
  const end = at + 4 + data.readUInt32BE(at);
  return end > data.length ? undefined : { text: data.toString('utf8', at + 4, end), end };
}
