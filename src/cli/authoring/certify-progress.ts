import type { Cli } from '../cli.ts';

/** On a terminal, the check in hand; in a log nothing, since the report comes soon. */
export function showCheck(cli: Cli): (stream: string | undefined, title: string) => void {
  if (process.stderr.isTTY !== true || cli.json()) return () => {};
  return (stream, title) =>
    void process.stderr.write(`\r\u001b[2K${stream ? `${stream}: ` : ''}${title} …`.slice(0, process.stderr.columns ?? 100));
}

export function clearCheck(cli: Cli): void {
  if (process.stderr.isTTY === true && !cli.json()) process.stderr.write('\r\u001b[2K');
}
