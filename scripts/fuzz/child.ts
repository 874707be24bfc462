import { openSync, writeSync } from 'node:fs';
import { attemptCase, cpuMs } from './attempt.ts';
import type { Subject } from './subject.ts';

/** What a child tells its parent of one case, or at its end. */
export type Report =
  | { kind: 'case'; index: number; state: string; codes: readonly string[]; ms: number; size: number }
  | { kind: 'fault'; index: number; fault: string; about: string; bytes: string }
  | { kind: 'end'; peakMb: number };

/**
 * Cases [from, to) of one of the subjects, as the arguments of the process say. Which case it is at is in a file, written before it
 * begins: who hangs can say no more.
 */
export async function runCases(all: readonly Subject[]): Promise<void> {
  const [name, seed, from, to, statusFile] = process.argv.slice(2) as [string, string, string, string, string];
  const subject = all.find((s) => s.name === name)!;
  const status = openSync(statusFile, 'w');
  const beginning = new Float64Array(3);
  const begins = (index: number): void => {
    beginning.set([index, Date.now(), cpuMs()]);
    writeSync(status, new Uint8Array(beginning.buffer), 0, beginning.byteLength, 0);
  };
  const say = (report: Report): boolean => process.send!(report);
  for (let index = Number(from); index < Number(to); index++) {
    begins(index);
    const attempt = await attemptCase(subject, Number(seed), index);
    if (attempt.fault !== undefined) {
      begins(-1);
      const small = await attemptCase(subject, Number(seed), index, true);
      const { fault, about, bytes } = small.fault === undefined ? attempt : small;
      say({ kind: 'fault', index, fault: fault!, about, bytes: Buffer.from(bytes).toString('base64') });
    } else
      say({
        kind: 'case',
        index,
        state: attempt.verdict!.state,
        codes: attempt.verdict!.codes,
        ms: attempt.ms,
        size: attempt.bytes.length,
      });
  }
  await subject.close?.();
  say({ kind: 'end', peakMb: process.resourceUsage().maxRSS / 1024 });
  process.disconnect();
}

if (import.meta.main) {
  // Loaded only here: who brings subjects of their own need not wait for all formats.
  const { subjects } = await import('./subjects.ts');
  await runCases(await subjects());
}
