import { createInterface } from 'node:readline';
import { ConfigError } from '../core/errors.ts';
import type { Cli } from './cli.ts';

/** Asks a person at a terminal. */
export interface Asker {
  /** One of the choices, by its number or name; asked again until it is one. */
  choose<T extends string>(question: string, choices: readonly T[]): Promise<T>;
  /** A line; asked again until `wrong` finds nothing wrong with it. Enter takes the preset. */
  line(question: string, preset: string, wrong: (answer: string) => string | undefined): Promise<string>;
  /** Enter means no. */
  yes(question: string): Promise<boolean>;
  close(): void;
}

/** Where questions go and answers come from. */
export interface Terminal {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream;
}

/** undefined where nobody can be asked: no terminal, or --json. Then flags say everything. */
export function askerOf(cli: Pick<Cli, 'json'>, terminal: Terminal = { input: process.stdin, output: process.stderr }): Asker | undefined {
  if (terminal.input.isTTY !== true || cli.json()) return undefined;
  const { input, output } = terminal;
  let lines: { close(): void; next(): Promise<IteratorResult<string>> } | undefined;
  const open = (): NonNullable<typeof lines> => {
    const reading = createInterface({ input, output });
    reading.on('SIGINT', () => reading.close());
    // Read one after the other: what was typed ahead must not get lost.
    const answers = reading[Symbol.asyncIterator]();
    return { close: () => reading.close(), next: () => answers.next() };
  };
  const ask = async (question: string): Promise<string> => {
    lines ??= open();
    output.write(question);
    const { value, done } = await lines.next();
    if (!done) return value.trim();
    throw new ConfigError({
      code: 'USAGE',
      place: {},
      message: 'The question was not answered, so nothing was done.',
      hint: 'Run the command again and answer, or give the answers as options; --help lists them.',
    });
  };
  return {
    async choose(question, choices) {
      output.write(`${question}\n${choices.map((c, i) => `  ${i + 1}  ${c}\n`).join('')}`);
      for (;;) {
        const answer = await ask('Number or name: ');
        const found = choices.find((c, i) => c === answer || String(i + 1) === answer);
        if (found) return found;
        output.write(`"${answer}" is not one of them.\n`);
      }
    },
    async line(question, preset, wrong) {
      for (;;) {
        const answer = (await ask(`${question}${preset ? ` (${preset})` : ''}: `)) || preset;
        const said = wrong(answer);
        if (said === undefined) return answer;
        output.write(`${said}\n`);
      }
    },
    yes: async (question) => /^y(es)?$/i.test(await ask(`${question} [y/N] `)),
    close: () => lines?.close(),
  };
}
