import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTown } from '../../src/cli/town.ts';
import { inOrder } from '../../src/engine/run/order.ts';
import { runPipeline } from '../../src/engine/run/run.ts';
import { journalsReport } from '../../src/reports/ledger/journals.ts';
import { reportJson } from '../../src/reports/output/table.ts';
import { listEntries } from '../../src/store/outbound/entries.ts';
import { type Maplewood, openMaplewood } from './maplewood.ts';

/** Maplewood, where recreation's revenue goes to finance as a journal entry for each month and way of paying, in place of single receipts. */
let town: Maplewood;
beforeAll(async () => {
  town = await openMaplewood();
  const edit = (path: string, change: (text: string) => string): void =>
    writeFileSync(join(town.project, path), change(readFileSync(join(town.project, path), 'utf8')));
  edit('pipelines/journal-to-finance.yaml', (text) => text.replace('mode: shadow', 'mode: live'));
  edit('pipelines/receipts-to-finance.yaml', (text) => text.replace('mode: live', 'mode: off'));
  await town.engine.knex.destroy();
  town.engine = await openTown(town.project);
});
afterAll(() => town.close());

const NOW = () => new Date('2026-08-03T12:00:00Z');

test(
  "Maplewood's finance system takes the journal of recreation: each entry once, debits equal to credits",
  { timeout: 300_000 },
  async () => {
    const run = (id: string) => runPipeline(town.engine, id, { signal: new AbortController().signal, now: NOW });
    // Whatever is about people has nothing to do with it.
    const other = /resident|customer|corrections|registration|dog|permit|license|council|payments|to-finance/;
    for (const id of inOrder(town.engine.project)) if (!other.test(id)) await run(id);
    // Finance takes one file at a time.
    for (let n = 0; n < 40; n++) {
      const result = await run('journal-to-finance');
      expect(result.problems).toEqual([]);
      town.systems.imports.takeAll();
      if ((await listEntries(town.engine.knex, {})).every(({ state }) => state === 'acknowledged')) break;
    }
    const entries = await listEntries(town.engine.knex, {});
    expect(entries.length).toBeGreaterThan(2);
    for (const { lines, number } of entries) {
      const funds = Map.groupBy(lines, ({ fund }) => fund);
      for (const [fund, own] of funds)
        expect([number, fund, own.reduce((sum, { debit, credit }) => sum + debit - credit, 0)]).toEqual([number, fund, 0]);
    }
    const money = entries.reduce((sum, { lines }) => sum + lines.reduce((s, l) => s + (l.what === 'money' ? l.debit - l.credit : 0), 0), 0);
    expect(money).toBeGreaterThan(0);
    expect(town.systems.imports.taken()).toEqual({ files: entries.length, receipts: entries.length, amount: money });
    await run('journal-to-finance');
    town.systems.imports.takeAll();
    expect(town.systems.imports.taken().files).toBe(entries.length);
    const { journals } = reportJson(await journalsReport(town.engine, {})) as { journals: { state: string }[] };
    expect(new Set(journals.map(({ state }) => state))).toEqual(new Set(['acknowledged']));
  },
);
