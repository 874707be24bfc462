import fc from 'fast-check';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProject } from '../../src/config/load.ts';
import { applyChanges, changes } from './mutations.ts';
import { changed, TOWN, transports, writeTown } from './town.ts';
import { tries } from '../effort.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? tries(400));
const CANARY = 'hunter2-canary';
const folder = writeTown(TOWN);

/** Loads the town with one file of it changed, and puts the file back. */
async function loadWith(file: string, text: string) {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
  try {
    return await loadProject(folder, { transports, env: {}, secrets: true });
  } finally {
    writeFileSync(join(folder, file), TOWN[file] ?? 'connections:\n');
  }
}

describe('whatever is in the files', () => {
  it('loading gives a project or problems with a code, a file and a message, and never fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(TOWN)), changes, async (file, list) => {
        const { project, problems } = await loadWith(file, applyChanges(TOWN[file]!, list));
        expect(project === undefined).toBe(problems.length > 0);
        for (const problem of problems) {
          expect(problem.code).toMatch(/^[A-Z_]+$/);
          expect(problem.place.file).toBeTruthy();
          expect(problem.message).toMatch(/\.$/);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('a password that was written into config/connections.yaml is never shown', async () => {
    const texts = [
      [`\${env:CLERK_PASSWORD}`, CANARY],
      [`\${env:CLERK_PASSWORD}`, `"${CANARY}"`],
      [`\${env:CLERK_PASSWORD}`, `[${CANARY}, ${CANARY}]`],
      [`\${env:CLERK_PASSWORD}`, `{ is: ${CANARY} }`],
      [`\${env:CLERK_PASSWORD}`, `!${CANARY}`],
      [`\${env:CLERK_PASSWORD}`, `*${CANARY}`],
      [`\${env:CLERK_PASSWORD}`, `@${CANARY}`],
      [`\${env:CLERK_PASSWORD}`, `${CANARY}: x`],
      [`\${env:CLERK_PASSWORD}`, `|\n        ${CANARY}`],
      ['password: ${env:CLERK_PASSWORD}', `pasword: ${CANARY}`],
      ['password: ${env:CLERK_PASSWORD}', `password:${CANARY}`],
      ['password: ${env:CLERK_PASSWORD}', `password=${CANARY}`],
      ['password: ${env:CLERK_PASSWORD}', `proxy: { host: x, password: ${CANARY} }`],
      ['options:', `options: ${CANARY}`],
      ['options:', `options: [${CANARY}]`],
    ].map(([what, by]) => changed({ 'config/connections.yaml': [what!, by!] })['config/connections.yaml']!);
    for (const text of texts) {
      const { problems } = await loadWith('config/connections.yaml', text);
      expect(problems).not.toEqual([]);
      expect(JSON.stringify(problems)).not.toContain(CANARY);
    }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(texts[0]!, texts[1]!, texts[11]!), changes, fc.boolean(), async (text, list, local) => {
        // Spaces and colons that split the password make keys and values of its parts; the whole of it is looked for.
        const { problems } = await loadWith(local ? 'config/connections.local.yaml' : 'config/connections.yaml', applyChanges(text, list));
        expect(JSON.stringify(problems)).not.toContain(CANARY);
      }),
      { numRuns: RUNS },
    );
  });

  it('a figure with leading zeros that was written as a password is never shown', async () => {
    const { problems } = await loadWith(
      'config/connections.yaml',
      TOWN['config/connections.yaml']!.replace('${env:CLERK_PASSWORD}', '0071234'),
    );
    expect(problems.map((p) => p.code)).toEqual(['SECRET_LITERAL']);
    expect(JSON.stringify(problems)).not.toContain('71234');
  });
});
