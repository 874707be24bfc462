import { afterEach, expect, test } from 'vitest';
import { groupRejects } from '../../../src/reports/reject-facts.ts';
import { receipts } from '../base-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeTowns, makeTown } from '../town.ts';

afterEach(closeTowns);

const hundred = Array.from({ length: 100 }, (_, i) => ({ number: String(i + 1), tender: 'XX', amount: '12.50', date: '2026-01-05' }));

test(
  '100 equal problems are one in the list, with key, date and amount of each record and what they add up to',
  { timeout: 60_000 },
  async () => {
    const town = await makeTown({ 'inbox/receipts.csv': receipts([...hundred, { number: '101', tender: 'YY', amount: '1.00' }]) });
    await town.run('receipts');
    const { out } = await townCommand(town.folder, ['rejects', 'list']);
    expect(out.match(/"XX" is not in/g)).toHaveLength(1);
    expect(out).toContain('100 records of receipts: 1,250.00 USD\n');
    expect(out).toMatch(/#100 +receipts\.csv:101 +100 +2026-01-05 +12\.50 +USD/);
    expect(out).toMatch(/#101 receipts, key 101, .*1\.00 USD/);
    const { rejects, groups, total } = JSON.parse((await townCommand(town.folder, ['rejects', 'list', '--json'])).out) as {
      rejects: Record<string, unknown>[];
      groups: { count: number; ids: number[]; totals: unknown }[];
      total: number;
    };
    expect([rejects.length, total]).toEqual([101, 101]);
    expect(rejects[0]).toMatchObject({ id: 1, key: '1', date: '2026-01-05', amount: '12.50', currency: 'USD' });
    expect(groups.map((g) => [g.count, g.ids.length, g.totals])).toEqual([
      [100, 100, { USD: '1250.00' }],
      [1, 1, { USD: '1.00' }],
    ]);
  },
);

test('an amount or a date that cannot be read is shown as the source wrote it, and is in no sum', async () => {
  const town = await makeTown({
    'inbox/receipts.csv': receipts([
      { number: '1', tender: 'XX' },
      { number: '2', tender: 'XX', amount: '2O.00' },
      { number: '3', tender: 'XX', date: 'soon' },
      '4,2026-01-05,1.00',
    ]),
  });
  await town.run('receipts');
  const facts = groupRejects(town.engine.project, await town.rejects()).flatMap((g) =>
    g.rejects.map((f) => [f.key, f.date, f.amount, f.currency]),
  );
  expect(facts).toContainEqual(['1', '2026-01-05', '1.00', 'USD']);
  expect(facts).toContainEqual(['2', '2026-01-05', '2O.00', null]);
  expect(facts).toContainEqual(['3', 'soon', '1.00', 'USD']);
  // Of a line that was never read into fields, nothing is known.
  expect(facts).toContainEqual([null, null, null, null]);
});

test('preview and the run say an equal problem once too', { timeout: 60_000 }, async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts(hundred.slice(0, 30)) });
  const { out } = await townCommand(town.folder, ['preview', 'receipts']);
  expect(out.match(/"XX" is not in/g)).toHaveLength(1);
  expect(out).toContain('20 times: ');
});
