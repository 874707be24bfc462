import { createInterface } from 'node:readline/promises';
import type { Cli } from './cli.ts';

/** Asks a person at a terminal; undefined where there is none (no terminal, or --json): then flags say everything. */
export interface Asker {
  /** One of the choices, by its number or name; asked again until it is one. Enter takes the first when `preset`. */
  choose<T extends string>(question: string, choices: readonly T[]): Promise<T>;
  /** A line; asked again until `fits` says undefined rather than what is wrong. Enter takes the preset. */
  line(question: string, preset: string | undefined, fits: (answer: string) => string | undefined): Promise<string>;
  /** Enter means no. */
  yes(question: string): Promise<boolean>;
  close(): void;
}

/** Where questions go and answers come from. */
export interface Terminal {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream;
}

export function askerOf(cli: Pick<Cli, 'json'>, terminal: Terminal = { input: process.stdin, output: process.stderr }): Asker | undefined {
  if (terminal.input.isTTY !== true || cli.json()) return undefined;
  const lines = createInterface({ input: terminal.input, output: terminal.output });
  const gone = new Promise<never>((_, reject) => lines.once('close', () => reject(new Error('closed'))));
  gone.catch(() => {});
  // Where the answers end, nobody is there to be asked again.
  const ask = async (question: string): Promise<string> => (await Promise.race([lines.question(question), gone])).trim();
  return {
    async choose(question, choices) {
      const list = choices.map((c, i) => `  ${i + 1}  ${c}\n`).join('');
      for (;;) {
        const answer = await ask(`${question}\n${list}Number or name: `);
        const found = choices.find((c, i) => c === answer || String(i + 1) === answer);
        if (found) return found;
        terminal.output.write(`"${answer}" is none of them.\n`);
      }
    },
    async line(question, preset, fits) {
      for (;;) {
        const answer = (await ask(`${question}${preset ? ` (${preset})` : ''}: `)) || (preset ?? '');
        const wrong = fits(answer);
        if (wrong === undefined) return answer;
        terminal.output.write(`${wrong}\n`);
      }
    },
    async yes(question) {
      return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
    },
    close: () => lines.close(),
  };
}
