import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { attemptCase } from './attempt.ts';
import type { Subject } from './subject.ts';
import { subjects } from './subjects.ts';
import { type Figures, type Found, watch } from './watch.ts';

/**
 * `npm run fuzz -- [--runs 100000] [--seed N] [--format csv] [--minutes M] [--case I]`: changed files of all formats, each read, set
 * aside or refused with a code, in time and within bounds of memory. `--case`: one case again, made as small as can be.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    format: { type: 'string' },
    minutes: { type: 'string' },
    case: { type: 'string' },
  },
});
const seed = Number(values.seed);
const all = await subjects();
const chosen = values.format === undefined ? all : all.filter((s) => s.name === values.format);
if (chosen.length === 0) {
  console.error(`There is no format ${values.format}. Known: ${all.map((s) => s.name).join(', ')}.`);
  process.exit(2);
}
const folder = fileURLToPath(new URL('../../data/fuzz/', import.meta.url));
mkdirSync(folder, { recursive: true });
if (values.case !== undefined) await oneCase(chosen[0]!, Number(values.case));
else await many();
for (const subject of all) await subject.close?.();

async function many(): Promise<void> {
  const runs = Number(values.runs);
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  process.once('SIGTERM', () => abort.abort());
  if (values.minutes !== undefined) setTimeout(() => abort.abort(), Number(values.minutes) * 60_000).unref();
  const weights = chosen.reduce((sum, s) => sum + s.weight, 0);
  console.log(`${runs.toLocaleString('en-US')} cases over ${chosen.length} formats, seed ${seed}; Ctrl-C stops and reports.`);
  console.log(
    ['format'.padEnd(22), ...['cases', 'read', 'aside', 'refused', 'faults', 'ms', 's/MB', 'peak MB'].map((t) => t.padStart(9))].join(''),
  );
  const total: Figures[] = [];
  for (const subject of chosen) {
    if (abort.signal.aborted) break;
    const share = Math.max(1, Math.round((runs * subject.weight) / weights));
    let done = 0;
    let shown = 0;
    const figures = await watch(subject, {
      seed,
      from: 0,
      to: share,
      folder,
      signal: abort.signal,
      onCase() {
        done++;
        const now = Date.now();
        if (process.stderr.isTTY !== true || now - shown < 200) return;
        shown = now;
        process.stderr.write(`\r\u001b[2K${subject.name}: ${done.toLocaleString('en-US')} of ${share.toLocaleString('en-US')}`);
      },
      onFault: save,
    });
    if (process.stderr.isTTY === true) process.stderr.write('\r\u001b[2K');
    total.push(figures);
    console.log(lineOf(subject.name, figures));
  }
  const sum = (of: (f: Figures) => number) => total.reduce((n, f) => n + of(f), 0);
  const most = (of: (f: Figures) => number) => total.reduce((n, f) => Math.max(n, of(f)), 0);
  console.log(
    lineOf('all', {
      cases: sum((f) => f.cases),
      read: sum((f) => f.read),
      aside: sum((f) => f.aside),
      refused: sum((f) => f.refused),
      codes: new Map(),
      slowestMs: most((f) => f.slowestMs),
      slowestPerMb: most((f) => f.slowestPerMb),
      peakMb: most((f) => f.peakMb),
      faults: total.flatMap((f) => f.faults),
    }),
  );
  if (total.some((f) => f.faults.length)) process.exitCode = 1;
}

function lineOf(name: string, f: Figures): string {
  const figures = [f.cases, f.read, f.aside, f.refused, f.faults.length].map((n) => n.toLocaleString('en-US'));
  return [
    name.padEnd(22),
    ...[...figures, f.slowestMs.toFixed(0), f.slowestPerMb.toFixed(2), f.peakMb.toFixed(0)].map((t) => t.padStart(9)),
  ].join('');
}

/** The input next to what came of it, and how to see it again. */
function save({ subject, index, fault, about, bytes }: Found): void {
  const name = `${subject.replaceAll(' ', '-')}-${seed}-${index}`;
  writeFileSync(join(folder, `${name}.bin`), bytes);
  writeFileSync(
    join(folder, `${name}.txt`),
    `${about}\nnpm run fuzz -- --format "${subject}" --seed ${seed} --case ${index}\n\n${fault}\n`,
  );
  console.log(
    `  FAULT ${subject} case ${index}, saved as data/fuzz/${name}.bin\n    ${fault.split('\n').slice(0, 2).join('\n    ').slice(0, 600)}`,
  );
}

async function oneCase(subject: Subject, index: number): Promise<void> {
  const { verdict, fault, ms, about, bytes } = await attemptCase(subject, seed, index, true);
  console.log(`${subject.name} case ${index}: ${about}, ${bytes.length} bytes, ${ms.toFixed(0)} ms`);
  if (fault !== undefined) save({ subject: subject.name, index, fault, about, bytes });
  else console.log(`${verdict!.state} ${verdict!.codes.join(', ')}`);
}
