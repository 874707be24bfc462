import { afterEach, expect, test } from 'vitest';
import { closeAll, office, service, stateOf } from '../service.ts';
import { makeTown, type TestTown } from '../town.ts';

afterEach(closeAll);

const rest = '    decoder: { csv: {} }\n    schema: { fields: { id: {}, name: {} } }\n    primary_key: [id]\n';
const report = (more = '', fetch = 'path: "/reports/{{ report }}/file", '): string =>
  `    retriever:
      request:
        ${fetch.replace(/, $/, '\n        ')}report:
          submit: { method: POST, path: /reports, body: { kind: permits } }
          id: report.id
          poll: { path: "/reports/{{ report }}" }
          status: state
          done: [READY]
          failed: [ERROR]
          message: said
          every: 10s
          timeout: 1m
${more}    error_handler: { max_retries: 0 }
${rest}`;
const numbers = async (town: TestTown): Promise<unknown[]> => (await town.rows('permit')).map((r) => r.number);

/** A service that prepares reports: ready after so many questions, with an end that a test sets. */
async function reports(options: { after?: number; state?: string; link?: (url: string) => string } = {}) {
  let ordered = 0;
  let questions = 0;
  const made = await service((request, response) => {
    if (request.method === 'POST') response.status(202).json({ report: { id: `r-${++ordered}` }, said: request.body as unknown });
    else if (request.path.endsWith('/file')) response.type('csv').send('id,name\n1,One\n2,Two\n');
    else if (options.state) response.json({ state: options.state, said: 'the ledger is closed' });
    else response.json({ state: ++questions > (options.after ?? 0) ? 'READY' : 'RUNNING', url: options.link?.(made.url) });
  });
  return Object.assign(made, { options });
}
/** Pauses that take no time, and are noted. */
function pauses(): { waits: number[]; sleep: (ms: number) => Promise<void> } {
  const waits: number[] = [];
  return { waits, sleep: async (ms) => void waits.push(ms) };
}

test('a report is ordered, asked after until it is done, and read', async () => {
  const { url, asked } = await reports({ after: 2 });
  const town = await makeTown(office(url, report()));
  const { waits, sleep } = pauses();
  const run = await town.run('permits', { sleep });
  expect([run.outcome, await numbers(town), waits]).toEqual(['succeeded', ['1', '2'], [10_000, 10_000]]);
  expect(asked).toEqual(['POST /reports', '/reports/r-1', '/reports/r-1', '/reports/r-1', '/reports/r-1/file']);
  expect(run.notes).toEqual(['permits.permits: report r-1 was ordered.', 'permits.permits: report r-1 is not ready yet (RUNNING).']);
  expect(await stateOf(town)).toEqual({});
  expect((await town.run('permits', { sleep })).counts).toMatchObject({ read: 2, unchanged: 2 });
});

test('one that is not done in time is asked after by the next run, and not ordered twice', async () => {
  const { url, asked } = await reports({ after: 8 });
  const town = await makeTown(office(url, report()));
  const { waits, sleep } = pauses();
  const run = await town.run('permits', { sleep });
  expect([run.outcome, run.problems[0]!.code, waits.length]).toEqual(['failed', 'REPORT_NOT_READY', 6]);
  expect(run.problems[0]!.message).toContain('The report r-1 is not ready after 1m (RUNNING).');
  await town.reopen();
  expect((await town.run('permits', { sleep })).outcome).toBe('succeeded');
  expect(await numbers(town)).toEqual(['1', '2']);
  expect(asked.filter((url) => url.startsWith('POST'))).toHaveLength(1);
});

test('one that was stopped for while it was prepared is resumed; days later it is ordered again', async () => {
  const { url, asked } = await reports({ after: 3 });
  const town = await makeTown(office(url, report()));
  const stop = new AbortController();
  const run = await town.run('permits', {
    signal: stop.signal,
    sleep: (_, signal) => (stop.abort(), signal!.throwIfAborted(), Promise.resolve()),
  });
  expect(run.outcome).toBe('aborted');
  expect(await stateOf(town)).toMatchObject({ report: { id: 'r-1' } });
  const later = () => new Date(Date.now() + 2 * 86_400_000);
  expect((await town.run('permits', { sleep: pauses().sleep, now: later })).outcome).toBe('succeeded');
  expect(asked.filter((url) => url.startsWith('POST'))).toHaveLength(2);
});

test('one that fails says so in the words of the service, and the next run orders another', async () => {
  const { url, asked, options } = await reports({ state: 'ERROR' });
  const town = await makeTown(office(url, report()));
  const run = await town.run('permits');
  expect(run.problems).toMatchObject([
    { code: 'REPORT_FAILED', message: 'The system could not prepare the report r-1 (ERROR). It said: the ledger is closed' },
  ]);
  expect(await stateOf(town)).toEqual({});
  delete options.state;
  expect((await town.run('permits')).outcome).toBe('succeeded');
  expect(asked.filter((url) => url.startsWith('POST'))).toHaveLength(2);
});

test('one that the service has thrown away meanwhile is ordered again in the same run', async () => {
  const { url, asked, options } = await reports({ after: 100 });
  const town = await makeTown(office(url, report()));
  await town.run('permits', { sleep: pauses().sleep });
  options.state = 'ERROR';
  delete options.state;
  const gone = await service((request, response) => {
    if (request.path.includes('r-1')) response.status(404).send('no such report');
    else if (request.method === 'POST') response.json({ report: { id: 'n-1' } });
    else if (request.path.endsWith('/file')) response.type('csv').send('id,name\n7,Seven\n');
    else response.json({ state: 'READY' });
  });
  town.write({ 'config/connections.yaml': office(gone.url, report())['config/connections.yaml']! });
  await town.reopen();
  const run = await town.run('permits');
  expect([run.outcome, await numbers(town)]).toEqual(['succeeded', ['7']]);
  expect(run.notes.join('\n')).toContain('is no longer available');
  expect(asked.at(-1)).toBe('/reports/r-1');
});

test('its link is followed below base_url, and nowhere else unless the connection names the host', async () => {
  const files = await service((_, response) => void response.type('csv').send('id,name\n9,Nine\n'));
  const { url, options } = await reports({ link: () => 'reports/r-1/file' });
  const linked = report('', '').replace('timeout:', 'link: url\n          timeout:');
  const town = await makeTown(office(url, linked));
  expect((await town.run('permits')).outcome).toBe('succeeded');
  options.link = () => `${files.url}/signed?key=abc`;
  const refused = await town.run('permits');
  expect([refused.problems[0]!.code, files.asked]).toEqual(['PATH_OUTSIDE', []]);
  const connections = String(office(url, linked)['config/connections.yaml']);
  town.write({ 'config/connections.yaml': connections.replace(`'${url}'`, `'${url}', hosts: ['${files.url}']`) });
  await town.reopen();
  expect((await town.run('permits')).outcome).toBe('succeeded');
  expect([files.asked, await numbers(town)]).toEqual([['/signed?key=abc'], ['1', '2', '9']]);
});

test('a service that answers with Location and 202 until it is done needs neither id nor status', async () => {
  let questions = 0;
  const { url, asked } = await service((request, response) => {
    if (request.method === 'POST') response.status(202).set('Location', '/jobs/7?v=1').json({});
    else if (request.path === '/jobs/7')
      response
        .status(++questions > 1 ? 200 : 202)
        .set('Retry-After', '20')
        .send('');
    else response.type('csv').send('id,name\n1,One\n');
  });
  const stream = `    retriever:
      request:
        path: /result
        query: { of: "{{ report }}" }
        report: { submit: { method: POST, path: /jobs }, header: Location, poll: { path: "{{ report }}" }, done: ["200"] }
${rest}`;
  const town = await makeTown(office(url, stream));
  const { waits, sleep } = pauses();
  expect((await town.run('permits', { sleep })).outcome).toBe('succeeded');
  expect([asked, waits]).toEqual([['POST /jobs', '/jobs/7?v=1', '/jobs/7?v=1', '/result?of=%2Fjobs%2F7%3Fv%3D1'], [20_000]]);
});

test('reports by partition: each is ordered for its own, and one that fails leaves the others', async () => {
  const { url, asked } = await service((request, response) => {
    const area = (request.body as { area?: string } | undefined)?.area ?? request.path.split('-')[1]?.split('/')[0];
    if (request.method === 'POST') response.json({ report: { id: `of-${area}` } });
    else if (request.path.endsWith('/file')) response.type('csv').send(`id,name\n${area},x\n`);
    else response.json({ state: area === 'b' ? 'ERROR' : 'READY' });
  });
  const stream = report('    partition: { values: [a, b, c] }\n').replace('kind: permits', 'area: "{{ partition }}"');
  const town = await makeTown(office(url, stream));
  const run = await town.run('permits');
  expect([run.problems.map((p) => p.message.slice(0, 12)), await numbers(town)]).toEqual([['Partition b:'], ['a', 'c']]);
  expect(asked.filter((url) => url.startsWith('POST'))).toHaveLength(3);
  expect(await stateOf(town)).toEqual({ partitions: {} });
});

test('a report of a stretch of time keeps that stretch, however late it is read', async () => {
  const { url } = await reports({ after: 8 });
  const stream = report('    incremental: { cursor: name, start: "2026-01-01" }\n').replace(
    'kind: permits',
    'since: "{{ from }}", until: "{{ to }}"',
  );
  const town = await makeTown(office(url, stream));
  const { sleep } = pauses();
  await town.run('permits', { sleep, now: () => new Date('2026-02-01T00:00:00Z') });
  expect(await stateOf(town)).toMatchObject({ report: { id: 'r-1', from: '2026-01-01T00:00:00.000', to: '2026-02-01T00:00:00.000' } });
  expect((await town.run('permits', { sleep, now: () => new Date('2026-02-01T09:00:00Z') })).outcome).toBe('succeeded');
  expect(await stateOf(town)).toEqual({ cursor: '2026-02-01T00:00:00.000' });
});
