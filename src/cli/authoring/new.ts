import type { Terminal } from '../ask.ts';
import type { Cli } from '../cli.ts';
import { registerNewConnector } from './new-connector.ts';
import { registerNewSigningKey } from './new-signing-key.ts';

/** `interlocal new connector`, `interlocal new signing-key` */
export function registerNew(cli: Cli, terminal?: Terminal): void {
  const command = cli.program
    .command('new')
    .description('Create something new in this folder: a connector, or a key to sign connectors with.');
  registerNewConnector(cli, command, terminal);
  registerNewSigningKey(cli, command);
}
