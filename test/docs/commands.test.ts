import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'interlocal-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a reader would do with a page, in its order: put a file into the town's folder, run a command, see an output. */
type Step = { file: string; content: string } | { command: string } | { output: string };

interface Ran {
  command: string;
  exit: number;
  stdout: string;
  stderr: string;
}

it('the five-minute pipeline of the README does what the README says', { timeout: 120_000 }, async () => {
  const town = join(folder, 'readme', 'my-town');
  const ran = await follow('README.md', town);
  const of = (start: string): Ran => ran.find((r) => r.command.startsWith(start))!;
  expect(ran.map((r) => [r.command.split(' ').slice(0, 2).join(' '), r.exit])).toEqual([
    ['init ../my-town', 0],
    ['validate --project', 0],
    ['test receipt.from-pool-csv', 0],
    ['check --project', 0],
    ['preview pool-receipts', 3],
    ['run pool-receipts', 3],
    ['rejects list', 0],
    ['rejects replay', 0],
    ['report revenue', 0],
    ['explain receipt', 0],
    ['run pool-receipts', 0],
  ]);
  expect(of('test ').stdout).toContain('2 passed, 0 failed');
  expect(of('explain ').stdout).toMatch(/Paid By = "GC".*receipts-2026-07\.csv:5/);
  expect(ran.at(-1)!.stdout).toMatch(/succeeded +0 /);
});

it('the reconciliation page goes on from there and finds what it says', { timeout: 120_000 }, async () => {
  const town = join(folder, 'reconciliation', 'my-town');
  await follow('README.md', town);
  const ran = await follow('docs/reconciliation.md', town);
  expect(ran.length).toBeGreaterThan(2);
  expect(ran.filter((r) => r.exit !== 0)).toEqual([]);
});

it('every file that the documentation names or links to is there', () => {
  const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'GLOSSARY.md', 'CHANGELOG.md', 'SECURITY.md', ...markdownIn('docs')];
  const broken = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

function markdownIn(below: string): string[] {
  return readdirSync(join(root, below), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(below, file));
}

/** Does a page's steps in a town's folder that is called ../my-town there. Every output that the page shows must come. */
async function follow(page: string, town: string): Promise<Ran[]> {
  const ran: Ran[] = [];
  let since = 0;
  let afterOutput = false;
  for (const step of stepsOf(readFileSync(join(root, page), 'utf8'))) {
    if ('file' in step) {
      mkdirSync(dirname(join(town, step.file)), { recursive: true });
      writeFileSync(join(town, step.file), step.content);
    } else if ('command' in step) {
      if (afterOutput) since = ran.length;
      afterOutput = false;
      ran.push(await interlocal(step.command, town));
    } else {
      afterOutput = true;
      const got = ran.slice(since).map((r) => r.stdout + r.stderr).join('\n').replace(/[ ─]+/g, ' ');
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
    else if (language === 'sh') for (const line of content.split('\n')) if (line.startsWith('npx interlocal ')) steps.push({ command: line.slice('npx interlocal '.length) });
    if (language === 'text') steps.push({ output: content });
  }
  return steps;
}

/** `…` stands for anything that is left out; columns may be wider or narrower. */
function asPattern(line: string): RegExp {
  return new RegExp(line.trim().replace(/[ ─]+/g, ' ').split('…').map((text) => text.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*'));
}

/** Runs a command as a reader would in Interlocal's folder. */
function interlocal(command: string, town: string): Promise<Ran> {
  const args = command.replaceAll('../my-town', town).split(' ');
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'bin/interlocal.js'), ...args], { cwd: root, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ command, exit: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr }),
    );
  });
}
