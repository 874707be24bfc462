import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { moneyTown, receiptFile } from '../engine/reconciliation/agreement-town.ts';
import { closeTowns } from '../engine/town.ts';

afterEach(closeTowns);

const ROOT = join(import.meta.dirname, '../..');

const RECONCILIATION = `pipeline: to-bank
reconcile:
  left: { name: receipts, entity: receipt, amount: amount, date: received_on }
  right: { name: the bank, entity: deposit, amount: amount, date: collected_on }
  passes: [{ key: number, on: [{ left: receipt_number, right: reference }] }]
  open: { left: { type: not_deposited }, right: { type: deposit_without_receipt } }
`;

/** Starts the program as a town does; gives the modules that it loaded, those of src by their path in it. */
function loadedBy(folder: string, ...args: string[]): string[] {
  const list = join(folder, 'loaded.json');
  const hooks = `import { registerHooks } from 'node:module';
import { writeFileSync } from 'node:fs';
const urls = [];
registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
process.on('exit', () => writeFileSync(${JSON.stringify(list)}, JSON.stringify(urls)));`;
  spawnSync(process.execPath, [
    '--import',
    `data:text/javascript,${encodeURIComponent(hooks)}`,
    join(ROOT, 'src/main.ts'),
    ...args,
    '--project',
    folder,
  ]);
  const src = pathToFileURL(join(ROOT, 'src/')).href;
  return (JSON.parse(readFileSync(list, 'utf8')) as string[]).map((url) => url.replace(src, ''));
}

describe('a command waits for no code that it does not need', () => {
  test('a reconciliation loads no format, no source, nothing that sends, and no web server', async () => {
    const town = await moneyTown({ 'pipelines/to-bank.yaml': RECONCILIATION, 'desk/a.csv': receiptFile([{ no: 'R1', amount: '4.00' }]) });
    const loaded = loadedBy(town.folder, 'run', 'to-bank');
    expect(loaded).toContain('engine/reconciliation/reconcile-by-passes.ts');
    expect(
      loaded.filter((url) => /^(formats|connector\/(source|sink|stream)|engine\/(inbound|outbound|landing)|server)\//.test(url)),
    ).toEqual([]);
    expect(loaded.filter((url) => /^store\/migrations\/|^node:https?2?$/.test(url))).toEqual([]);
  });

  test('a run that reads a folder loads nothing that sends or reconciles', async () => {
    const town = await moneyTown({ 'desk/a.csv': receiptFile([{ no: 'R1', amount: '4.00' }]) });
    const loaded = loadedBy(town.folder, 'run', 'desk-receipts');
    expect(loaded).toContain('formats/csv/csv.ts');
    expect(
      loaded.filter((url) =>
        /^(engine\/outbound|reconciliation\/(match|passes)|server|transports\/(sftp|http|sqlserver)\/(?!declaration|options|manifest|algorithms))/.test(
          url,
        ),
      ),
    ).toEqual([]);
    expect(loaded.filter((url) => /^node:https?2?$/.test(url))).toEqual([]);
  });

  test('status loads no format and no web server', async () => {
    const town = await moneyTown({});
    const loaded = loadedBy(town.folder, 'status');
    expect(loaded.filter((url) => /^(formats|server)\/|^node:https?2?$/.test(url))).toEqual([]);
  });
});
