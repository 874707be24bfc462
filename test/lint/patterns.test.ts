import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const { rules: _, ...untyped } = tseslint.configs.disableTypeChecked;
const eslint = new ESLint({
  cwd: root,
  overrideConfig: {
    ...untyped,
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: false, project: false, program: null } },
    rules: tseslint.configs.disableTypeChecked.rules,
  } as ESLint.Options['overrideConfig'],
});

async function broken(line: string, filePath = 'src/formats/planted.ts'): Promise<string[]> {
  const [result] = await eslint.lintText(`${line}\n`, { filePath: join(root, filePath) });
  return result!.messages.map((message) => message.ruleId ?? message.message);
}

it.each([
  ['the pattern that read amounts', String.raw`export const x = /^([-+])?\s*[$£€]?\s*([-+])?\s*(.*?)\s*([-+])?$/;`, 'backtracking'],
  ['one that read numbers', String.raw`export const x = /^([-+]?)\s*(.*?)\s*([-+]?)$/;`, 'backtracking'],
  ['a repeat within a repeat', String.raw`export const x = /^(a+)+$/;`, 'backtracking'],
  ['one that looks for its end from each place', String.raw`export const x = (t: string) => t.replace(/\s+$/, '');`, 'move'],
])('%s is not let into src/', async (_name, line, kind) => {
  expect(new Set(await broken(line))).toEqual(new Set([`regexp/no-super-linear-${kind}`]));
});

it('a pattern that takes as long as its text is long is let in', async () => {
  expect(await broken(String.raw`export const x = /^[-+]?\d+(?:\.\d*)?$/;`)).toEqual([]);
});
