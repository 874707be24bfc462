import type { StartSsh } from './ssh-port.ts';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fails, holds, type Verdict } from './finding.ts';
import { fillText, optionVariables } from '../../connector/template.ts';
import type { RunResult } from '../../engine/run/result.ts';
import { openBench } from './bench.ts';
import type { FileContext } from './file/context.ts';
import { CANARY, CANARY_REFERENCE, secretsAbsent } from './secrets.ts';

const LONG_AGO = new Date('2026-01-02T03:04:05Z');

/** The connector reads its recording over SSH with the canary as its password; then the login is refused. Neither may show it. */
export async function secretsOverSsh(context: FileContext, startSsh: StartSsh): Promise<Verdict> {
  const root = await mkdtemp(join(tmpdir(), 'certify-ssh-'));
  const server = await startSsh(root, { username: 'certify', password: CANARY });
  try {
    const folder = fillText(context.stream.retriever.files!.folder, optionVariables(context.setup.options));
    const { path: _, ...options } = context.setup.options;
    const login = { ...options, ...server.options, username: 'certify', password: CANARY_REFERENCE, root: '.' };
    const run = async (changes: Record<string, unknown>): Promise<{ verdict: Verdict; result: RunResult }> => {
      const bench = await openBench({
        ...context.setup,
        connector: { ...context.connector, transport_options: {} },
        options: { ...login, ...changes },
      });
      try {
        const result = await bench.run();
        return { verdict: await secretsAbsent(bench, [result]), result };
      } finally {
        await bench.close();
      }
    };
    await mkdir(join(root, folder), { recursive: true });
    const file = join(root, folder, context.main.name);
    await writeFile(file, context.main.bytes);
    await utimes(file, LONG_AGO, LONG_AGO);
    const good = await run({});
    if (good.verdict?.state !== 'ok') return good.verdict;
    const wrong = good.result.problems.find((p) => ['AUTH_FAILED', 'HOST_KEY_CHANGED', 'CONNECTION_REFUSED'].includes(p.code));
    if (wrong) return fails(`It could not log in to an SSH server of this computer: ${wrong.message}`, 'Report this.');
    const refused = await run({ username: 'nobody' });
    if (refused.verdict?.state !== 'ok') return refused.verdict;
    return holds(`${good.verdict.detail.slice(0, -1)}, although it was sent to an SSH server that accepted it and to one that refused it.`);
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}
