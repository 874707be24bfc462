import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { main } from '../../src/cli/main.ts';
import { SHAPES, type ShapeName } from '../../src/reports/shapes/shapes.ts';
import type { Maplewood } from './maplewood.ts';

/** What every command that only reads gives of the town after all its pipelines ran. Where a list gives the id, it stands as <…>. */
const COMMANDS: readonly (readonly [ShapeName, string])[] = [
  ['status', 'status'],
  ['doctor', 'doctor'],
  ['validate', 'validate --no-secrets'],
  ['test', 'test'],
  ['audit', 'audit'],
  ['audit --verify', 'audit --verify'],
  ['packs', 'packs'],
  ['preview', 'preview bank-deposits'],
  ['rejects list', 'rejects list'],
  ['rejects show', 'rejects show <rejects.id>'],
  ['deliver list', 'deliver list --state queued'],
  ['deliver sent', 'deliver sent'],
  ['deliver show', 'deliver show <deliveries.id>'],
  ['deliver preview', 'deliver preview receipts-to-finance --limit 3'],
  ['deliver conflicts', 'deliver conflicts'],
  ['identity clusters', 'identity clusters party'],
  ['identity report', 'identity report party'],
  ['review list', 'review list party --limit 5'],
  ['review show', 'review show <pairs.pair>'],
  ['review list --decided', 'review list party --decided'],
  ['matches list', 'matches list'],
  ['exceptions list', 'exceptions list'],
  ['report revenue', 'report revenue'],
  ['report revenue --by', 'report revenue --by department,channel'],
  ['report revenue --by', 'report revenue --format json --table not_reconciled'],
  ['report receipts', 'report receipts --in 2026-03'],
  ['explain', 'explain receipt <receipts.receipt>'],
  ['report years', 'report years --in 2025/2026 --by tender'],
  ['report gaps', 'report gaps'],
  ['report reconciled', 'report reconciled'],
  ['report adjustments', 'report adjustments'],
  ['report exceptions', 'report exceptions'],
  ['report aging', 'report aging'],
  ['report drawers', 'report drawers'],
  ['report drawer', 'report drawer --in 2026-03'],
  ['report unposted', 'report unposted'],
  ['report journals', 'report journals'],
  ['report records', 'report records receipts-against-deposits --in 2026-03'],
  ['report trace', 'report trace <receipts.receipt>'],
  ['report outstanding', 'report outstanding receipts-against-deposits'],
  ['report proof-of-cash', 'report proof-of-cash receipts-against-deposits --in 2026-03'],
  ['report reconciliation', 'report reconciliation --all'],
  ['report reconciliation --table', 'report reconciliation --table keys'],
  ['report saved', 'report saved'],
  ['period list', 'period list'],
  ['period status', 'period status 2026-03'],
  ['error', 'explain nothing 1'],
  ['error', 'rejects --nothing'],
  ['error', 'period status 2026-13'],
];

/** Every `--json` output is of its declared shape: no key that is not declared, none missing, each value of its type. */
export function jsonTests(maplewood: () => Maplewood): void {
  describe('JSON of the town', () => {
    const known = new Map<string, string>();

    test('is of the shapes that docs/json.md promises, whatever the command', async () => {
      const wrong: string[] = [];
      for (const [shape, command] of COMMANDS) {
        const words = command.split(' ').map((word) => (word.startsWith('<') ? known.get(word.slice(1, -1)) : word));
        expect(words, `${command}: nothing before it gave that`).not.toContain(undefined);
        const value = await jsonOf([...(words as string[]), '--json', '--project', maplewood().project]);
        const read = SHAPES[shape].safeParse(value);
        if (!read.success) wrong.push(`${words.join(' ')}: ${z.prettifyError(read.error)} ${JSON.stringify(value).slice(0, 300)}`);
        remember(value);
      }
      expect(wrong).toEqual([]);
    });

    /** The first value of each key in each list: `matches.key` is that of the first match's first record. */
    function remember(value: unknown): void {
      for (const [name, list] of Object.entries(value as object)) {
        const [first] = Array.isArray(list) ? (list as unknown[]) : [];
        if (typeof first !== 'object' || first === null) continue;
        for (const [key, one] of Object.entries(first))
          if ((typeof one === 'string' || typeof one === 'number') && !known.has(`${name}.${key}`))
            known.set(`${name}.${key}`, String(one));
      }
    }
  });
}

/** Runs a command in this process and reads its one line of JSON. */
async function jsonOf(argv: string[]): Promise<unknown> {
  let out = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await main(argv);
  } finally {
    write.mockRestore();
    quiet.mockRestore();
  }
  expect(out.trim().split('\n'), argv.join(' ')).toHaveLength(1);
  return JSON.parse(out);
}
