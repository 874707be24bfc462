import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { ABOVE_THE_STORE, LAYERS, PURE } from '../../eslint.config.js';

const root = join(import.meta.dirname, '../..');
// The planted files are not on the disk, so there are no types for them; the rules looked at here need none.
const eslint = new ESLint({
  cwd: root,
  overrideConfig: [
    { files: ['**/*.ts'], extends: [tseslint.configs.disableTypeChecked], languageOptions: { parserOptions: { projectService: false } } },
  ].map(({ extends: [config], ...own }) => ({
    ...config,
    ...own,
    languageOptions: { ...own.languageOptions },
  })) as ESLint.Options['overrideConfig'],
});

/** The rules that a line, planted in a file, breaks. */
async function broken(filePath: string, line: string): Promise<string[]> {
  const [result] = await eslint.lintText(`${line}\n`, { filePath: join(root, filePath) });
  return result!.messages
    .filter((message) => message.ruleId !== '@typescript-eslint/no-unused-vars')
    .map((message) => message.ruleId ?? message.message);
}

describe('the dependency rule', () => {
  it('every folder of src/ has its place in the list', () => {
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map((folder) => folder.name).filter((name) => !LAYERS.includes(name))).toEqual([]);
  });

  it.each(LAYERS.slice(0, -1).map((layer, i) => [layer, LAYERS[i + 1]!]))(
    '%s does not import from %s below it, at any depth',
    async (upper, lower) => {
      const rule = ['no-restricted-imports'];
      expect(await broken(`src/${upper}/planted.ts`, `export { x } from '../${lower}/x.ts';`)).toEqual(rule);
      expect(await broken(`src/${upper}/deep/planted.ts`, `export { x } from '../../${lower}/x.ts';`)).toEqual(rule);
      expect(await broken(`src/${upper}/deep/er/planted.ts`, `import type { X } from '../../../${lower}/x.ts';`)).toEqual(rule);
      expect(await broken(`src/${lower}/planted.ts`, `export { x } from '../${upper}/x.ts';`)).toEqual([]);
    },
  );

  it.each(LAYERS.slice(0, LAYERS.indexOf('authoring')))('%s can do without what authors of connectors use', async (layer) => {
    expect(await broken(`src/${layer}/planted.ts`, "export { x } from '../authoring/certify/x.ts';")).toEqual(['no-restricted-imports']);
    expect(await broken(`src/${layer}/deep/planted.ts`, "export const x = await import('../../authoring/x.ts');")).toEqual([
      'no-restricted-syntax',
    ]);
  });

  it.each(ABOVE_THE_STORE)('%s asks the engine and the reports, and never the store', async (layer) => {
    const rule = ['no-restricted-imports'];
    expect(await broken(`src/${layer}/planted.ts`, "export { x } from '../store/runs.ts';")).toEqual(rule);
    expect(await broken(`src/${layer}/deep/planted.ts`, "import type { X } from '../../store/runs.ts';")).toEqual(rule);
    expect(await broken(`src/${layer}/planted.ts`, "export const x = async () => import('../store/runs.ts');")).toEqual([
      'no-restricted-syntax',
    ]);
    expect(await broken(`src/${layer}/planted.ts`, "export { x } from '../reports/runs.ts';")).toEqual([]);
    expect(await broken(`src/${layer}/planted.ts`, "export const x = async () => import('../engine/run/run.ts');")).toEqual([]);
  });

  it('what is loaded later is imported too', async () => {
    expect(await broken('src/engine/run/planted.ts', "export const x = async () => import('../../cli/x.ts');")).toEqual([
      'no-restricted-syntax',
    ]);
    expect(await broken('src/engine/run/planted.ts', "export const x = async () => import('knex');")).toEqual(['no-restricted-syntax']);
    expect(await broken('src/engine/run/planted.ts', "export const x = async () => import('../../store/runs.ts');")).toEqual([]);
  });

  it('a folder of its own with the name of a layer is no violation', async () => {
    expect(await broken('src/config/schema/planted.ts', "export { x } from '../store/x.ts';")).toEqual([]);
  });

  it('nothing imports the composition root, tests or scripts', async () => {
    for (const target of ['../main.ts', '../../test/x.ts', '../../scripts/x.ts'])
      expect(await broken('src/cli/planted.ts', `export { x } from '${target}';`)).toEqual(['no-restricted-imports']);
  });
});

describe('what is pure stays pure', () => {
  it.each(PURE)('%s knows no clock, disk or network', async (folder) => {
    const file = `src/${folder}/planted.ts`;
    for (const module of ['node:fs', 'fs', 'node:fs/promises', 'node:net', 'node:http', 'axios', 'knex'])
      expect(await broken(file, `export { x } from '${module}';`)).toEqual(['no-restricted-imports']);
    for (const call of ['Date.now()', 'new Date()', 'Date()', 'performance.now()', 'Math.random()', "fetch('http://x')"])
      expect(await broken(file, `export const x = ${call};`)).toEqual(['no-restricted-syntax']);
    expect(await broken(file, "export const x = new Date('2026-01-01');")).toEqual([]);
  });
});

describe('the environment and the console', () => {
  it('only src/config reads the environment', async () => {
    for (const read of ['process.env.X', "process['env']"]) {
      expect(await broken('src/store/planted.ts', `export const x = ${read};`)).toEqual(['no-restricted-syntax']);
      expect(await broken('src/config/planted.ts', `export const x = ${read};`)).toEqual([]);
    }
    expect(await broken('src/cli/planted.ts', 'export const { env } = process;')).toEqual(['no-restricted-syntax']);
  });

  it('only the command line writes to the console', async () => {
    expect(await broken('src/engine/planted.ts', "console.log('x');")).toEqual(['no-console']);
    expect(await broken('src/cli/planted.ts', "console.log('x');")).toEqual([]);
  });
});

describe('the store', () => {
  const IMPORTS = ['no-restricted-imports'];
  it('is spoken to in SQL by src/store alone', async () => {
    for (const driver of ['knex', 'better-sqlite3', 'pg', 'pg-copy-streams', 'knex/lib/x.js']) {
      expect(await broken('src/engine/outbound/planted.ts', `import x from '${driver}';`)).toEqual(IMPORTS);
      expect(await broken('src/cli/planted.ts', `import type { X } from '${driver}';`)).toEqual(IMPORTS);
      expect(await broken('src/store/sqlite/planted.ts', `import x from '${driver}';`)).toEqual([]);
    }
    expect(await broken('src/reports/planted.ts', "export { x } from '../store/runs.ts';")).toEqual([]);
    for (const sql of [
      "knex('il_run')",
      "trx('il_run')",
      "session.knex('il_run')",
      "knex.raw('x')",
      "session.knex.raw('x')",
      'knex.client',
    ])
      expect((await broken('src/engine/planted.ts', `export const x = ${sql};`)).length, sql).toBeGreaterThan(0);
    expect(
      await broken('src/engine/planted.ts', 'export const x = async () => { await engine.knex.destroy(); await knex.destroy(); };'),
    ).toEqual([]);
    expect(await broken('src/store/planted.ts', "export const x = knex('il_run');")).toEqual([]);
  });

  it('knows which database it is in the two folders that differ, and where one is chosen', async () => {
    for (const dialect of ['sqlite', 'postgres']) {
      expect(await broken('src/engine/planted.ts', `export { x } from '../store/${dialect}/x.ts';`)).toEqual(IMPORTS);
      expect(await broken('src/store/planted.ts', `export { x } from './${dialect}/x.ts';`)).toEqual(IMPORTS);
      expect(await broken('src/store/ledger/planted.ts', `export { x } from '../${dialect}/x.ts';`)).toEqual(IMPORTS);
      expect(await broken('src/store/ledger/planted.ts', `export const x = '${dialect}';`)).toEqual(['no-restricted-syntax']);
      expect(await broken(`src/store/${dialect}/planted.ts`, "export { x } from '../ledger/x.ts';")).toEqual([]);
      expect(await broken('src/store/open.ts', `export { x } from './${dialect}/x.ts';`)).toEqual([]);
      expect(await broken('src/store/planted.ts', `export const x = knex.client.config.client === '${dialect}';`)).toEqual([
        'no-restricted-syntax',
      ]);
      expect(await broken(`src/store/${dialect}/planted.ts`, `export const x = '${dialect}';`)).toEqual([]);
    }
    for (const driver of ['better-sqlite3', 'pg', 'pg-copy-streams'])
      for (const folder of ['src/store', 'src/store/ledger'])
        expect(await broken(`${folder}/planted.ts`, `import x from '${driver}';`)).toEqual(IMPORTS);
    expect(await broken('src/store/planted.ts', "import type { Knex } from 'knex';")).toEqual([]);
  });

  it('has files of the same names for each of the two', () => {
    const of = (name: string): string[] => readdirSync(join(root, 'src/store', name)).sort();
    const own = [
      'better-sqlite3-dialect.d.ts',
      'client.ts',
      'connect.ts',
      'connection.ts',
      'copy-in.ts',
      'copy-text.test.ts',
      'copy-text.ts',
      'integrity-worker.ts',
      'packed-rows.test.ts',
      'packed-rows.ts',
      'postgres-dialect.d.ts',
      'reader.ts',
      'scratch.ts',
      'side.ts',
      'text.ts',
      'unchanged.ts',
      'writer-messages.ts',
      'writer-thread.ts',
      'writer.ts',
    ];
    expect(of('postgres').filter((file) => !own.includes(file))).toEqual(of('sqlite').filter((file) => !own.includes(file)));
  });
});

describe('house rules', () => {
  it('any and @ts-ignore are refused', async () => {
    expect(await broken('src/core/planted.ts', 'export const x = (y: any): unknown => y;')).toEqual(['@typescript-eslint/no-explicit-any']);
    expect(await broken('src/core/planted.ts', "// @ts-ignore\nexport const x = 'y';")).toEqual(['@typescript-eslint/ban-ts-comment']);
  });

  it('a file of more than 400 lines is refused', async () => {
    const lines = (count: number): string => Array.from({ length: count }, (_, i) => `export const x${i} = ${i};`).join('\n');
    expect(await broken('src/core/planted.ts', lines(400))).toEqual([]);
    expect(await broken('src/core/planted.ts', lines(401))).toEqual(['max-lines']);
  });
});
