import { afterEach, expect, test } from 'vitest';
import { closeAll, office, service, stateOf } from '../service.ts';
import { makeTown, type TestTown } from '../town.ts';

afterEach(closeAll);

interface Permit {
  id: string;
  name: string;
  changed: string;
}

const fields = '    schema: { fields: { id: {}, name: {}, changed: {} } }\n    primary_key: [id]\n';
const inList = '    decoder: { json: { rows: permits } }\n';
const permits = (n: number): Permit[] =>
  Array.from({ length: n }, (_, i) => ({ id: String(i + 1), name: `P${i + 1}`, changed: '2026-01-01T00:00:00' }));
const numbers = async (town: TestTown): Promise<unknown[]> => (await town.rows('permit')).map((r) => Number(r.number));
const one = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

test('pages by number are read to the end, and what the service says of their total is held against them', async () => {
  const list = permits(7);
  const { url, asked } = await service((request, response) => {
    const page = Number(request.query.page);
    response.json({ total: 7, permits: list.slice((page - 1) * 3, page * 3) });
  });
  const town = await makeTown(
    office(
      url,
      `    retriever: { request: { path: /permits, query: { page: "{{ page }}", size: "{{ size }}" } } }\n${inList}    paginator: { kind: page, size: 3, total: total }\n${fields}`,
    ),
  );
  expect((await town.run('permits')).counts).toMatchObject({ read: 7, created: 7 });
  expect(await numbers(town)).toEqual(one(7));
  expect(asked).toEqual(['/permits?page=1&size=3', '/permits?page=2&size=3', '/permits?page=3&size=3']);
  expect((await town.run('permits')).counts).toMatchObject({ read: 7, unchanged: 7 });
});

test('pages by offset are read to the end', async () => {
  const list = permits(6);
  const { url, asked } = await service(
    (request, response) => void response.json({ permits: list.slice(Number(request.query.from), Number(request.query.from) + 2) }),
  );
  const town = await makeTown(
    office(
      url,
      `    retriever: { request: { path: /permits, query: { from: "{{ offset }}" } } }\n${inList}    paginator: { kind: offset, size: 2 }\n${fields}`,
    ),
  );
  await town.run('permits');
  expect(await numbers(town)).toEqual(one(6));
  expect(asked).toHaveLength(4);
});

test('pages by cursor are read to the end; one that names itself as the next is refused', async () => {
  const list = permits(5);
  let stuck = false;
  const { url } = await service((request, response) => {
    const at = Number(request.query.after ?? 0) || 0;
    response.json({ permits: list.slice(at, at + 2), next: at + 2 < 5 ? String(stuck && at > 0 ? at : at + 2) : null });
  });
  const town = await makeTown(
    office(
      url,
      `    retriever: { request: { path: /permits, query: { after: "{{ cursor }}" } } }\n${inList}    paginator: { kind: cursor, cursor: next }\n${fields}`,
    ),
  );
  await town.run('permits');
  expect(await numbers(town)).toEqual(one(5));
  stuck = true;
  expect((await town.run('permits')).problems.map((p) => p.code)).toEqual(['PAGES_REPEAT']);
});

test('pages by link are read to the end', async () => {
  const list = permits(5);
  const { url } = await service((request, response) => {
    const page = Number(request.query.page ?? 1);
    if (page * 2 < 5) response.set('Link', `<${url}/permits?page=${page + 1}>; rel="next", <${url}/permits>; rel="first"`);
    response.json(list.slice((page - 1) * 2, page * 2));
  });
  const town = await makeTown(
    office(url, `    retriever: { request: { path: /permits } }\n    decoder: { json: {} }\n    paginator: { kind: link }\n${fields}`),
  );
  await town.run('permits');
  expect(await numbers(town)).toEqual(one(5));
});

test.each([
  [
    'relative to the page that answered, in capitals, behind another link with the word in it',
    '<https://x.example/>; title="a, rel=next"; rel=help, <?page=2>; REL=NEXT',
  ],
  ['several relations in single quotes', "<permits?page=2>; rel='prefetch next'"],
])('a Link header leads on however it is written: %s', async (_, header) => {
  const list = permits(4);
  const { url } = await service((request, response) => {
    const page = Number(request.query.page ?? 1);
    if (request.path === '/permits') return void response.redirect('/v2/permits');
    if (page === 1) response.set('Link', header);
    response.json(list.slice((page - 1) * 2, page * 2));
  });
  const town = await makeTown(
    office(url, `    retriever: { request: { path: /permits } }\n    decoder: { json: {} }\n    paginator: { kind: link }\n${fields}`),
  );
  expect(await town.run('permits')).toMatchObject({ outcome: 'succeeded', counts: { created: 4 } });
});

test('a Link header that cannot be read fails the run, and a relation that only begins with next is not followed', async () => {
  let header = '<?page=2>; rel="next';
  const { url, asked } = await service((_, response) => void response.set('Link', header).json(permits(2)));
  const town = await makeTown(
    office(url, `    retriever: { request: { path: /permits } }\n    decoder: { json: {} }\n    paginator: { kind: link }\n${fields}`),
  );
  expect((await town.run('permits')).problems.map((p) => p.code)).toEqual(['LINK_UNREADABLE']);
  header = '<?page=2>; rel="nextset"';
  expect((await town.run('permits')).outcome).toBe('succeeded');
  expect(asked).toEqual(['/permits', '/permits']);
});

test('a busy service is waited for as long as it says', async () => {
  let busy = 2;
  const times: number[] = [];
  const { url } = await service((_, response) => {
    times.push(Date.now());
    if (busy-- > 0) response.status(503).set('Retry-After', '1').send('busy');
    else response.json({ permits: permits(2) });
  });
  const town = await makeTown(office(url, `    retriever: { request: { path: /permits } }\n${inList}${fields}`));
  const run = await town.run('permits');
  expect([run.outcome, run.counts.created]).toEqual(['succeeded', 2]);
  expect(times[2]! - times[0]!).toBeGreaterThanOrEqual(1990);
  expect(run.notes.filter((note) => note.includes('Trying again in 1.0 s'))).toHaveLength(2);
});

test('a service that wants to be left alone for hours is asked again by a later run, not by one that waits for it', async () => {
  const { url, asked } = await service((_, response) => void response.status(503).set('Retry-After', '86400').send('back tomorrow'));
  const town = await makeTown(office(url, `    retriever: { request: { path: /permits } }\n${inList}${fields}`));
  const run = await town.run('permits');
  expect([run.outcome, asked.length]).toEqual(['failed', 1]);
});

const incremental = `    retriever: { request: { path: /permits, query: { page: "{{ page }}", since: "{{ from }}" } } }\n${inList}    paginator: { kind: page, size: 3, total: total }\n    incremental: { cursor: changed, start: "2020-01-01" }\n${fields}`;

test('the position is saved with the last page only, so a read that failed half way is read again', async () => {
  const list = permits(8);
  let broken = true;
  const { url, asked } = await service((request, response) => {
    const page = Number(request.query.page);
    if (page === 3 && broken) response.status(400).send('no');
    else response.json({ total: 8, permits: list.slice((page - 1) * 3, page * 3) });
  });
  const town = await makeTown(office(url, incremental));
  const failed = await town.run('permits', { now: () => new Date('2026-02-01T00:00:00Z') });
  expect([failed.outcome, failed.counts.created]).toEqual(['failed', 6]);
  expect((await town.rows('il_source', ['state']))[0]).toEqual({ state: null });
  broken = false;
  const next = await town.run('permits', { now: () => new Date('2026-02-02T00:00:00Z') });
  expect(next.counts).toMatchObject({ read: 8, created: 2, unchanged: 6 });
  expect(await stateOf(town)).toEqual({ cursor: '2026-02-02T00:00:00.000' });
  await town.run('permits');
  expect(asked.at(-1)).toContain('since=2026-02-02T00%3A00%3A00.000');
});

test('a total that does not agree is refused, and the position stays where it was', async () => {
  const list = permits(4);
  const { url } = await service((request, response) => {
    const page = Number(request.query.page);
    response.json({ total: 9, permits: list.slice((page - 1) * 3, page * 3) });
  });
  const town = await makeTown(office(url, incremental));
  const run = await town.run('permits');
  expect([run.outcome, run.problems.map((p) => p.code)]).toEqual(['failed', ['TOTAL_DIFFERS']]);
  expect((await town.rows('il_source', ['state']))[0]).toEqual({ state: null });
});

test('an error that comes with status 200 is no empty page', async () => {
  const { url } = await service((_, response) => void response.json({ error: 'the database is being backed up', total: 0 }));
  const town = await makeTown(office(url, incremental));
  const run = await town.run('permits');
  expect([run.outcome, run.problems.map((p) => p.code)]).toEqual(['failed', ['JSON_ROWS_MISSING']]);
  expect((await town.rows('il_source', ['state']))[0]).toEqual({ state: null });
});

test('an ignored error half way through is not an end of the pages: their total says so', async () => {
  const list = permits(8);
  const { url } = await service((request, response) => {
    const page = Number(request.query.page);
    if (page === 2) response.status(404).send('no');
    else response.json({ total: 8, permits: list.slice((page - 1) * 3, page * 3) });
  });
  const town = await makeTown(office(url, `${incremental}    error_handler: { rules: [{ status: [404], action: ignore }] }\n`));
  const run = await town.run('permits');
  expect([run.outcome, run.problems.map((p) => p.code)]).toEqual(['failed', ['TOTAL_DIFFERS']]);
  expect((await town.rows('il_source', ['state']))[0]).toEqual({ state: null });
});

test('what a service does not list anymore is deleted, but never from a list that was not read to its end', async () => {
  let list = permits(5);
  let broken = false;
  const { url } = await service((request, response) => {
    const page = Number(request.query.page);
    if (page === 2 && broken) response.status(500).send('no');
    else response.json({ total: list.length, permits: list.slice((page - 1) * 3, page * 3) });
  });
  const town = await makeTown(
    office(
      url,
      `    retriever: { request: { path: /permits, query: { page: "{{ page }}" } } }\n${inList}    paginator: { kind: page, size: 3, total: total }\n    error_handler: { max_retries: 0 }\n    deletes: { when_absent: true, max_percent: 20 }\n${fields}`,
    ),
  );
  await town.run('permits');
  list = list.slice(1);
  broken = true;
  expect((await town.run('permits')).outcome).toBe('failed');
  expect(await numbers(town)).toEqual(one(5));
  broken = false;
  expect((await town.run('permits')).counts.deleted).toBe(1);
  expect(await numbers(town)).toEqual([2, 3, 4, 5]);
  // Other records altogether: refused, however often it is asked.
  list = permits(120).slice(100);
  for (let i = 0; i < 2; i++) expect((await town.run('permits')).problems.map((p) => p.code)).toEqual(['DELETES_TOO_MANY']);
  list = permits(120).filter((p) => Number(p.id) > 100 || [2, 3, 4, 5].includes(Number(p.id)));
  expect((await town.run('permits')).outcome).toBe('succeeded');
  expect(await stateOf(town)).toEqual({});
});
