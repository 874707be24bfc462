import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { commandLine } from '../cli/command-line.ts';

export const root = join(import.meta.dirname, '../..');

/** What a reader would do with a page, in its order: put a file into the town's folder, run a command, see an output. */
type Step = { file: string; content: string } | { command: string } | { output: string };

type Run = (command: string, town: string) => Promise<Ran>;

export interface Ran {
  command: string;
  exit: number;
  stdout: string;
  stderr: string;
}

/**
 * Does a page's steps in a town's folder that is called ../my-town there. Every output that the page shows must come. `until`: stops
 * before that command. `run`: how a command is run, within this process if nothing else is said.
 */
export async function follow(page: string, town: string, { until, run = interlocal }: { until?: string; run?: Run } = {}): Promise<Ran[]> {
  const ran: Ran[] = [];
  let since = 0;
  let afterOutput = false;
  for (const step of stepsOf(readFileSync(join(root, page), 'utf8'))) {
    if ('file' in step) {
      mkdirSync(dirname(join(town, step.file)), { recursive: true });
      writeFileSync(join(town, step.file), step.content);
      // As old as when a person has typed on for a while; a file of this moment is waited for.
      utimesSync(join(town, step.file), minutesAgo(), minutesAgo());
    } else if ('command' in step) {
      if (until !== undefined && step.command.startsWith(until)) return ran;
      if (afterOutput) since = ran.length;
      afterOutput = false;
      ran.push(await run(step.command, town));
    } else {
      afterOutput = true;
      const got = ran
        .slice(since)
        .map((r) => r.stdout + r.stderr)
        .join('\n')
        .replace(/[ ─]+/g, ' ');
      for (const line of step.output.split('\n').filter((text) => text.trim() !== '')) expect(got, page).toMatch(asPattern(line));
    }
  }
  return ran;
}

/** A file is a fence below a line that is its name alone; `sh` is commands, `text` is output. Other fences are for reading. */
function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  const fences = /(?:^`([\w./-]+)`\n\n?)?^```(\w*)\n([\s\S]*?)^```$/gm;
  for (const [, file, language, content = ''] of markdown.matchAll(fences)) {
    if (file !== undefined) steps.push({ file, content });
    else if (language === 'sh')
      for (const line of content.split('\n'))
        if (line.startsWith('npx interlocal ')) steps.push({ command: line.slice('npx interlocal '.length) });
    if (language === 'text') steps.push({ output: content });
  }
  return steps;
}

/** `…` stands for anything that is left out; columns may be wider or narrower. */
function asPattern(line: string): RegExp {
  return new RegExp(
    line
      .trim()
      .replace(/[ ─]+/g, ' ')
      .split('…')
      .map((text) => text.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  );
}

/** Runs a command of the pages within this process: quick, and the same code. */
export async function interlocal(command: string, town: string): Promise<Ran> {
  const { exit, out, err } = await commandLine(argumentsOf(command, town));
  return { command, exit, stdout: out, stderr: err };
}

/** Runs a command as a reader does in Interlocal's folder: the program starts. */
export function theProgram(command: string, town: string): Promise<Ran> {
  return new Promise((resolve) => {
    const args = [join(root, 'bin/interlocal.js'), ...argumentsOf(command, town)];
    execFile(process.execPath, args, { cwd: root, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ command, exit: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    );
  });
}

function argumentsOf(command: string, town: string): string[] {
  return command.replaceAll('../my-town', town).split(' ');
}

function minutesAgo(): Date {
  return new Date(Date.now() - 300_000);
}
