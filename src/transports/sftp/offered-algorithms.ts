import { algorithms, legacyAmong } from './algorithms.ts';
import type { AlgorithmKind } from './algorithms.ts';
import type { Client } from 'ssh2';
import { milliseconds } from '../options.ts';
import type { SftpSettings } from './options.ts';

/** ssh2's words for what did not match, and how its debug lines name the server's list of it. */
const KINDS: readonly { said: RegExp; kind: AlgorithmKind; name: string; line: RegExp }[] = [
  { said: /host key/i, kind: 'serverHostKey', name: 'host key algorithm', line: /\(remote\) Host key format: (.*)/ },
  { said: /key exchange/i, kind: 'kex', name: 'key exchange', line: /\(remote\) KEX method: (.*)/ },
  { said: /cipher/i, kind: 'cipher', name: 'cipher', line: /\(remote\) C->S cipher: (.*)/ },
  { said: /MAC/, kind: 'hmac', name: 'message authentication', line: /\(remote\) C->S MAC: (.*)/ },
];

/** Asks the server once more, listening to the handshake, what it offers of the kind that did not match. Never throws. */
export async function offeredAlgorithms(
  message: string,
  settings: SftpSettings,
): Promise<{ kind: string; offered: string[]; legacy: string[] }> {
  const wanted = KINDS.find((kind) => kind.said.test(message));
  if (!wanted) return { kind: 'algorithm', offered: [], legacy: [] };
  const { default: SftpClient } = await import('ssh2-sftp-client');
  const silent = { error: () => {}, end: () => {}, close: () => {} };
  const { client } = new SftpClient(settings.host, silent) as unknown as { client: Client };
  const offered = await new Promise<string[]>((resolve) => {
    let list: string[] = [];
    const finish = () => resolve(list);
    client.on('error', finish).on('close', finish);
    client.connect({
      host: settings.host,
      port: settings.port,
      username: settings.username,
      readyTimeout: milliseconds(settings.timeout),
      algorithms: algorithms(settings.allow_legacy),
      hostVerifier: () => false,
      debug: (line: string) => {
        const match = wanted.line.exec(line);
        if (match) list = match[1]!.split(',').map((name) => name.trim());
      },
    });
  });
  client.destroy();
  return { kind: wanted.name, offered, legacy: legacyAmong(wanted.kind, offered) };
}
