import { readFileSync } from 'node:fs';
import { spool } from '../../src/engine/inbound/spool.ts';
import type { FileTransport } from '../../src/transports/transport.ts';
import { transports } from '../../src/transports/transports.ts';

// One file from an SFTP server into the spool, as a run fetches it, in a process started as a run's is.
const [options, file, folder] = process.argv.slice(2) as [string, string, string];
const transport = (await transports.sftp.open(JSON.parse(readFileSync(options, 'utf8')) as Record<string, unknown>, {
  connection: 'bench',
  projectFolder: folder,
})) as FileTransport;
const remote = await transport.stat(file);
const spooled = await spool(transport, remote!, folder, undefined, new AbortController().signal);
await spooled.remove();
await transport.close();
console.log(JSON.stringify({ size: spooled.size, sha256: spooled.sha256 }));
