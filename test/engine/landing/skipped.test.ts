import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { replayRejects } from '../../../src/engine/landing/replay.ts';
import { statusOf } from '../../../src/reports/status.ts';
import { serve } from '../../web/http.ts';
import { BASE, receipts } from '../base-town.ts';
import { townCommand } from '../../cli/command-line.ts';
import { closeAll, office, service } from '../service.ts';
import { type Files, makeTown, type TestTown } from '../town.ts';

afterEach(closeAll);

const cashOnly: Files = {
  'mappings/receipt.from-till.yaml': BASE['mappings/receipt.from-till.yaml']!.replace(
    'fields:',
    'when: { field: tender, is: CA }\nfields:',
  ),
};
const pipeline = (more: string): Files => ({ 'pipelines/receipts.yaml': `${BASE['pipelines/receipts.yaml']}${more}` });
const skipChecks = pipeline('skip: { field: tender, is: CK }\n');
const list = receipts([{ number: '1' }, { number: '2', tender: 'CK' }, { number: '3' }, { number: '4', tender: 'CK' }]);
const numbers = async (town: TestTown): Promise<unknown[]> => (await town.rows('receipt')).map((r) => r.number);
const replay = (town: TestTown) => replayRejects(town.engine, 'receipts', undefined, { signal: new AbortController().signal });

describe('a record that no mapping takes', () => {
  test('is rejected and says which mappings do not take it, until somebody decides', async () => {
    const town = await makeTown({ ...cashOnly, 'inbox/receipts.csv': list });
    const run = await town.run('receipts');
    expect([run.outcome, run.counts]).toEqual([
      'partial',
      { read: 4, created: 2, changed: 0, unchanged: 0, skipped: 0, rejected: 2, deleted: 0 },
    ]);
    expect((await town.rejects()).map((r) => [r.key, r.line, r.problems.map((p) => p.code)])).toEqual([
      ['2', 3, ['RECORD_UNMAPPED']],
      ['4', 5, ['RECORD_UNMAPPED']],
    ]);
    expect((await town.rejects())[0]!.problems[0]!.message).toContain('receipt.from-till');
    // Decided: they are skipped. What was rejected is replayed, and nothing stays open.
    town.write(skipChecks);
    await town.reopen();
    expect(await replay(town)).toEqual({ pipeline: 'receipts', replayed: 0, skipped: 2, rejected: 0, unreadable: 0 });
    expect([await town.rejects(), await numbers(town)]).toEqual([[], ['1', '3']]);
  });

  test('of a service is rejected too', async () => {
    const { url } = await service(
      (_, response) =>
        void response.json({
          permits: [
            { id: '1', name: 'A' },
            { id: '2', name: '' },
          ],
        }),
    );
    const files = office(
      url,
      '    retriever: { request: { path: /permits } }\n    decoder: { json: { rows: permits } }\n    schema: { fields: { id: {}, name: {} } }\n    primary_key: [id]\n',
    );
    const mapping = files['mappings/permit.from-permits.yaml'] as string;
    const town = await makeTown({
      ...files,
      'mappings/permit.from-permits.yaml': mapping.replace('fields:', 'when: { field: name, empty: false }\nfields:'),
    });
    const run = await town.run('permits');
    expect([run.outcome, run.counts.created, run.counts.rejected]).toEqual(['partial', 1, 1]);
    expect((await town.rejects()).map((r) => [r.key, r.problems[0]!.code])).toEqual([['2', 'RECORD_UNMAPPED']]);
  });

  test('that another mapping of the pipeline takes is not rejected', async () => {
    const other = (cashOnly['mappings/receipt.from-till.yaml'] as string)
      .replace('mapping: receipt.from-till', 'mapping: receipt.from-till-checks')
      .replace('is: CA', 'is: CK');
    const town = await makeTown({
      ...cashOnly,
      'mappings/receipt.from-till-checks.yaml': other,
      'pipelines/receipts.yaml': BASE['pipelines/receipts.yaml']!.replace(
        '[receipt.from-till]',
        '[receipt.from-till, receipt.from-till-checks]',
      ),
      'inbox/receipts.csv': list,
    });
    expect((await town.run('receipts')).counts).toMatchObject({ created: 4, skipped: 0, rejected: 0 });
  });

  test('that was called new by an older version is looked at again when the source says it again', async () => {
    const town = await makeTown({ ...cashOnly, ...pipeline('unmapped: skip\n'), 'inbox/receipts.csv': list });
    await town.run('receipts');
    const { fingerprint } = (await makeAndForget(town))!;
    expect(fingerprint).not.toBe('');
    town.write({ 'inbox/receipts.csv': `${list}5,2026-01-05,1.00,CA,\n` });
    const run = await town.run('receipts');
    expect([run.outcome, run.counts]).toMatchObject(['partial', { created: 1, unchanged: 2, rejected: 2, skipped: 0 }]);
  });
});

/** As the store of an older version: nothing was made of the records, and the pipeline says nothing of them. */
async function makeAndForget(town: TestTown) {
  town.write(pipeline(''));
  await town.reopen();
  const { bindMappings } = await import('../../../src/engine/run/bind.ts');
  const { entityIds } = await import('../../../src/store/ledger/sources.ts');
  const { project, knex } = town.engine;
  const bound = bindMappings(project, project.pipelines.get('receipts')!.value, await entityIds(knex));
  await knex('il_source').update({ fingerprint: bound.fingerprint });
  return bound;
}

describe('what the pipeline says is skipped', () => {
  test('has a count of its own, in the run, the status, the page, the command line and the store, with a note why', async () => {
    const town = await makeTown({ ...skipChecks, 'inbox/receipts.csv': list });
    const counts = { read: 4, created: 2, changed: 0, unchanged: 0, skipped: 2, rejected: 0, deleted: 0 };
    const run = await townCommand(town.folder, ['run', 'receipts', '--json']);
    expect([run.exit, JSON.parse(run.out)]).toMatchObject([0, { runs: [{ outcome: 'succeeded', ...counts }] }]);
    expect(run.err).toContain('2 new, 2 skipped');
    expect((await statusOf(town.engine)).find((s) => s.pipeline === 'receipts')!.last_run).toMatchObject({
      ...counts,
      notes: ['2 records were skipped: 2 by skip: of the pipeline.'],
    });
    expect((await town.rows('il_run'))[0]).toMatchObject(counts);
    const server = await serve(town.engine);
    const page = await server.ask('/pipelines/receipts');
    await server.close();
    expect(page.text).toMatch(/Skipped/);
    expect(await numbers(town)).toEqual(['1', '3']);
  });

  test('is skipped again when it comes again, and taken when the pipeline stops skipping it', async () => {
    const town = await makeTown({ ...skipChecks, 'inbox/receipts.csv': list });
    await town.run('receipts');
    town.write({ 'inbox/receipts.csv': `${list}5,2026-01-05,1.00,CA,\n` });
    expect((await town.run('receipts')).counts).toMatchObject({ created: 1, unchanged: 2, skipped: 2 });
    expect(await town.engine.knex('il_landed').count({ n: '*' })).toEqual([{ n: 5 }]);
    town.write(pipeline(''));
    await town.reopen();
    await town.run('receipts');
    expect((await numbers(town)).sort()).toEqual(['1', '2', '3', '4', '5']);
    town.write(skipChecks);
    await town.reopen();
    await town.run('receipts');
    expect((await numbers(town)).sort()).toEqual(['1', '3', '5']);
  });

  test('does not make another delivery under the same name look like the old one, fixed', async () => {
    const town = await makeTown({ ...skipChecks, 'inbox/receipts.csv': receipts([{ number: '1' }, '2,2026-01-05,1.00']) });
    await town.run('receipts');
    town.write({
      'inbox/receipts.csv': receipts(['11', '12', '13'].map((number, i) => ({ number, tender: i > 0 ? 'CK' : 'CA' }))),
    });
    await town.run('receipts');
    expect((await town.rejects()).map((r) => r.line)).toEqual([3]);
  });

  test('counts a record whose list is empty, and says so', async () => {
    const orders = [
      { number: 'A', lines: [{ sku: 'x', amount: '1.00' }] },
      { number: 'B', lines: [] },
    ];
    const town = await makeTown({ 'inbox/orders.json': orders.map((o) => JSON.stringify(o)).join('\n') + '\n' });
    const run = await town.run('orders');
    expect([run.counts.created, run.counts.skipped, run.notes]).toEqual([1, 1, ['1 record was skipped: 1 whose list has no items.']]);
  });

  test('must be a condition on fields of the stream, with patterns that can be used', async () => {
    await expect(makeTown(pipeline('skip: { field: tendre, is: CK }\n'))).rejects.toThrow(
      /receipts\.yaml:5:\d+ skip\.field.*Did you mean tender/,
    );
    await expect(makeTown(pipeline("skip: { field: tender, matches: '(a+)+$' }\n"))).rejects.toThrow(/receipts\.yaml:5:\d+ skip\.matches/);
    await expect(makeTown(pipeline('skip: { field: tender }\n'))).rejects.toThrow(/receipts\.yaml:5:\d+ skip/);
  });
});

test('the codes of a bank that are no deposits (905, 555) are rejected unless the pipeline skips them, as the one of the sample town does', async () => {
  const shipped = readFileSync(join(import.meta.dirname, '../../../pipelines/bank-deposits.yaml'), 'utf8');
  const { parse } = await import('yaml');
  const { compileSkip } = await import('../../../src/mapping/skip.ts');
  const { pipelineSchema } = await import('../../../src/config/schema/pipeline.ts');
  const { skip } = pipelineSchema.parse(parse(shipped));
  const skips = compileSkip('bank-deposits', skip!, { currency: 'USD', timeZone: 'America/New_York', lookups: new Map() });
  const of = (type_code: string): boolean => skips({ values: { type_code }, number: 1 }, { connection: 'bank' });
  expect(['905', '555', '475'].map(of)).toEqual([true, true, true]);
  expect(['165', '301', '195'].map(of)).toEqual([false, false, false]);
});

describe('records that cannot be read', () => {
  const blank = (n: number): string => receipts([{ number: '1' }, ...Array.from({ length: n }, () => ',,')]);

  test('are each a reject of their own, also where they are the same: 500 counted, 500 listed', async () => {
    const town = await makeTown({ 'inbox/receipts-1.csv': blank(500) });
    const run = await town.run('receipts');
    expect([run.counts.rejected, (await town.rejects()).length]).toEqual([500, 500]);
    expect(new Set((await town.rejects()).map((r) => r.line)).size).toBe(500);
  });

  test('are told again, not twice, when their file is sent again; those of another file are others', async () => {
    const town = await makeTown({ 'inbox/receipts-1.csv': blank(3) });
    await town.run('receipts');
    town.write({ 'inbox/receipts-1.csv': `${blank(3)}7,2026-01-05,1.00,CA,\n` });
    await town.run('receipts');
    expect((await town.rejects()).length).toBe(3);
    town.write({ 'inbox/receipts-2.csv': blank(2) }, 60);
    await town.run('receipts');
    expect((await town.rejects()).map((r) => r.file).sort()).toEqual([
      ...Array(3).fill('receipts-1.csv'),
      ...Array(2).fill('receipts-2.csv'),
    ]);
  });

  test('without a key are distinguished as well, in files and in answers', async () => {
    const row = ',2026-01-05,1.00,CA,same';
    const town = await makeTown({ 'inbox/receipts-1.csv': receipts([{ number: '1' }, row, row, row]) });
    expect([(await town.run('receipts')).counts.rejected, (await town.rejects()).length]).toEqual([3, 3]);
    const none = { id: '', name: 'x' };
    const { url } = await service((_, response) => void response.json({ permits: [none, { id: '1', name: 'y' }, none] }));
    const other = await makeTown(
      office(
        url,
        '    retriever: { request: { path: /permits } }\n    decoder: { json: { rows: permits } }\n    schema: { fields: { id: {}, name: {} } }\n    primary_key: [id]\n',
      ),
    );
    for (const _ of ['first', 'again'])
      expect([(await other.run('permits')).counts.rejected, (await other.rejects()).length]).toEqual([2, 2]);
  });

  test('have the same names when a file resumes where it stopped stopped', async () => {
    const town = await makeTown({ 'inbox/receipts-1.csv': blank(9) });
    const stop = new AbortController();
    await town.run('receipts', { signal: stop.signal, onProgress: ({ done, total }) => void (total === 10 && done === 3 && stop.abort()) });
    expect((await town.rejects()).length).toBe(2);
    expect((await town.run('receipts')).outcome).toBe('partial');
    expect((await town.rejects()).length).toBe(9);
  });
});
