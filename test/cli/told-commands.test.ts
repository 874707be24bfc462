import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import type { Cli } from '../../src/cli/cli.ts';
import { COMMANDS } from '../../src/cli/main.ts';

const root = join(import.meta.dirname, '../..');

function program(): Command {
  const made = new Command('interlocal').option('--project <folder>').option('--json').option('--version').option('--help');
  const cli: Cli = {
    program: made,
    project: () => '.',
    json: () => false,
    print: () => undefined,
    note: () => undefined,
    setExit: () => undefined,
    signal: new AbortController().signal,
  };
  for (const register of COMMANDS) register(cli);
  return made;
}

/** What is said to be typed: the words after the program's name, up to the end of the code or the sentence. */
function told(text: string): string[] {
  // Code in a sentence may go on in the next line; lines of a block are commands of their own.
  const oneLine = text.replaceAll(/(?<!`)`[^`\n]*\n[^`\n]*`(?!`)/g, (code) => code.replace('\n', ' '));
  const found = oneLine.matchAll(/\binterlocal ((?:[a-z][a-z-]* ?)+(?:[^`|"\n.;,()…#]|\$\{[^}]*\})*)/g);
  return [...found].map(([, words]) => words!);
}

/** The option that the command does not have, if it is a command at all. */
function unknownOption(words: string, known: Command): string | undefined {
  let command = known;
  const rest = words.split(' ');
  while (rest.length > 0) {
    const next = command.commands.find((one) => one.name() === rest[0]);
    if (!next) break;
    command = next;
    rest.shift();
  }
  if (command === known) return undefined;
  const has = new Set([...known.options, ...command.options].map(({ long }) => long));
  return rest.flatMap((word) => /^(--[a-z][a-z-]*)/.exec(word)?.[1] ?? []).find((option) => option !== '--help' && !has.has(option));
}

test('every command that a message or a page names takes the options that it is named with', () => {
  const known = program();
  const files = globSync(['src/**/*.ts', 'scripts/sample-town/**/*.ts', 'docs/*.md', 'README.md', 'connectors/*/README.md'], { cwd: root });
  let seen = 0;
  const wrong = files
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      told(readFileSync(join(root, file), 'utf8')).flatMap((words) => {
        seen++;
        const option = unknownOption(words, known);
        return option === undefined ? [] : [`${file}: interlocal ${words.slice(0, 80)} has no ${option}`];
      }),
    );
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(300);
});

test('an option that a command does not have is found', () => {
  expect(unknownOption('deliver list --pipeline bank --state sent', program())).toBe('--pipeline');
  expect(unknownOption('deliver list bank --state sent --project x', program())).toBeUndefined();
});
