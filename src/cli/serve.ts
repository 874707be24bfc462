import type { Cli } from './cli.ts';

/** `interlocal serve` */
export function registerServe(cli: Cli): void {
  cli.program.command('serve').description('Serve the web page and run what is scheduled.');
}
