import { afterEach, describe, expect, test } from 'vitest';
import { closeAll, office, service, stateOf } from '../service.ts';
import { makeTown, type TestTown } from '../town.ts';

afterEach(closeAll);

const rest =
  '    decoder: { json: {} }\n    schema: { fields: { area: {}, id: {}, name: {}, changed: {} } }\n    primary_key: [area, id]\n';
const byArea = (more = '', request = '{ path: "/areas/{{ partition }}/permits", query: { page: "{{ page }}" } }'): string =>
  `    retriever: { request: ${request} }\n    partition: { values: [north, south, west], into: area }\n    paginator: { kind: page, size: 2 }\n    error_handler: { max_retries: 0 }\n${more}${rest}`;
const since = '    incremental: { cursor: changed, start: "2020-01-01" }\n';
const sinceRequest = '{ path: "/areas/{{ partition }}/permits", query: { page: "{{ page }}", since: "{{ from }}" } }';

type Lists = Record<string, string[]>;
const page = (lists: Lists, area: string, number: number): object[] =>
  (lists[area] ?? []).slice((number - 1) * 2, number * 2).map((id) => ({ id, name: `${area} ${id}`, changed: '2026-01-01T00:00:00' }));
const names = async (town: TestTown): Promise<unknown[]> => (await town.rows('permit')).map((r) => r.name);

/** A service with permits by area; areas in `broken` answer with that status on their second page, or at once where they have none. */
async function areas(lists: Lists, broken: Record<string, number> = {}) {
  return service((request, response) => {
    const [, , area = ''] = request.path.split('/');
    const number = Number(request.query['page']);
    if (broken[area] !== undefined && (number === 2 || lists[area]!.length < 2)) response.status(broken[area]).send('no');
    else response.json(page(lists, area, number));
  });
}

describe('a stream by partitions', () => {
  test('is read to the end of each, and records that do not say their partition are told it', async () => {
    const { url, asked } = await areas({ north: ['1', '2', '3'], south: [], west: ['1'] });
    const town = await makeTown(office(url, byArea()));
    const run = await town.run('permits');
    expect(run.counts).toMatchObject({ read: 4, created: 4 });
    expect(await names(town)).toEqual(['north 1', 'north 2', 'north 3', 'west 1']);
    expect(asked).toEqual([
      '/areas/north/permits?page=1',
      '/areas/north/permits?page=2',
      '/areas/south/permits?page=1',
      '/areas/west/permits?page=1',
    ]);
    expect((await town.run('permits')).counts).toMatchObject({ read: 4, unchanged: 4 });
  });

  test('keeps a position for each, and one that disappears keeps its own', async () => {
    const { url, asked } = await areas({ north: ['1'], south: ['1'], west: ['1'] });
    const town = await makeTown(office(url, byArea(since, sinceRequest)));
    await town.run('permits', { now: () => new Date('2026-02-01T00:00:00Z') });
    const first = { cursor: '2026-02-01T00:00:00.000' };
    expect(await stateOf(town)).toEqual({ partitions: { north: first, south: first, west: first } });
    town.write({
      'connectors/permits/connector.yaml': office(url, byArea(since, sinceRequest).replace('north, south', 'north'))[
        'connectors/permits/connector.yaml'
      ]!,
    });
    await town.reopen();
    await town.run('permits', { now: () => new Date('2026-03-01T00:00:00Z') });
    const second = { cursor: '2026-03-01T00:00:00.000' };
    expect(await stateOf(town)).toEqual({ partitions: { north: second, south: first, west: second } });
    expect(asked.slice(-2)).toEqual(['north', 'west'].map((area) => `/areas/${area}/permits?page=1&since=2026-02-01T00%3A00%3A00.000Z`));
  });

  test('goes no further in any of them than the clock of the service, and says once that the clock here is ahead', async () => {
    const { url } = await areas({ north: ['1'], south: ['1'], west: ['1'] });
    const town = await makeTown(office(url, byArea(since, sinceRequest)));
    const run = await town.run('permits', { now: () => new Date('2099-02-01T00:00:00Z') });
    expect(run.notes.filter((note) => note.includes("the service's clock says"))).toHaveLength(1);
    const { partitions } = (await stateOf(town)) as { partitions: Record<string, { cursor: string }> };
    expect(Object.values(partitions).map(({ cursor }) => cursor < '2099')).toEqual([true, true, true]);
  });

  test.each([400, 500])('that fails with %s in one leaves that one where it was, reads the others, and says which', async (status) => {
    const broken: Record<string, number> = { south: status };
    const { url, asked } = await areas({ north: ['1', '2', '3'], south: ['1', '2', '3'], west: ['1'] }, broken);
    const town = await makeTown(office(url, byArea(since, sinceRequest)));
    const run = await town.run('permits', { now: () => new Date('2026-02-01T00:00:00Z') });
    expect([run.outcome, run.problems.map((p) => p.code)]).toEqual(['failed', [`HTTP_${status}`]]);
    expect(run.problems[0]!.message).toContain('Partition south: ');
    const done = { cursor: '2026-02-01T00:00:00.000' };
    expect(await stateOf(town)).toEqual({ partitions: { north: done, west: done } });
    expect(await names(town)).toEqual(['north 1', 'north 2', 'north 3', 'south 1', 'south 2', 'west 1']);
    delete broken['south'];
    asked.length = 0;
    const next = await town.run('permits', { now: () => new Date('2026-03-01T00:00:00Z') });
    expect(next.outcome).toBe('succeeded');
    expect(asked.filter((url) => url.includes('south'))[0]).toContain('since=2020-01-01');
    expect(await names(town)).toEqual(['north 1', 'north 2', 'north 3', 'south 1', 'south 2', 'west 1', 'south 3']);
  });

  test('whose service is down, or knows nobody, is not asked for every other partition', async () => {
    const { url, asked } = await service((_, response) => void response.status(503).send('down'));
    const town = await makeTown(office(url, byArea()));
    expect((await town.run('permits')).outcome).toBe('failed');
    expect(asked).toHaveLength(2);
    const locked = await service((_, response) => void response.status(401).send('who?'));
    const other = await makeTown(office(locked.url, byArea()));
    expect((await other.run('permits')).problems.map((p) => p.code)).toEqual(['AUTH_FAILED']);
    expect(locked.asked).toHaveLength(1);
  });

  test('that is killed between two goes on with the next run and ends with the store of an undisturbed one', async () => {
    const lists = { north: ['1', '2', '3'], south: ['1', '2', '3', '4'], west: ['1', '2'] };
    const { url } = await areas(lists);
    const files = office(url, byArea(since, sinceRequest));
    const whole = await makeTown(files);
    await whole.run('permits');
    for (let kill = 1; kill <= 3; kill++) {
      const town = await makeTown(files);
      let commits = 0;
      await town
        .run('permits', {
          onProgress: () => {
            if (++commits === kill) throw new Error('killed');
          },
        })
        .catch(() => {});
      await town.reopen();
      expect((await town.run('permits')).outcome).toBe('succeeded');
      expect(await names(town)).toEqual(await names(whole));
    }
  });

  test('deletes what is absent only when every partition was read to its end', async () => {
    const lists: Lists = { north: ['1', '2', '3'], south: ['1', '2', '3'], west: ['1', '2', '3', '4', '5', '6'] };
    const broken: Record<string, number> = {};
    const { url } = await areas(lists, broken);
    const town = await makeTown(office(url, byArea('    deletes: { when_absent: true }\n')));
    await town.run('permits');
    lists['north'] = ['1', '2'];
    broken['south'] = 400;
    expect((await town.run('permits')).outcome).toBe('failed');
    expect(await names(town)).toHaveLength(12);
    delete broken['south'];
    expect((await town.run('permits')).counts.deleted).toBe(1);
    expect(await names(town)).not.toContain('north 3');
  });

  test('of which one was ignored is not complete: nothing is taken for deleted', async () => {
    const lists: Lists = { north: ['1', '2', '3'], south: ['1'], west: ['1', '2', '3', '4', '5', '6'] };
    const broken: Record<string, number> = {};
    const { url } = await areas(lists, broken);
    const rules = '    error_handler: { max_retries: 0, rules: [{ status: [404], action: ignore }] }\n';
    const town = await makeTown(
      office(url, byArea('    deletes: { when_absent: true }\n').replace('    error_handler: { max_retries: 0 }\n', rules)),
    );
    await town.run('permits');
    broken['south'] = 404;
    const run = await town.run('permits');
    expect([run.outcome, run.counts.deleted]).toEqual(['succeeded', 0]);
    expect(run.notes.join('\n')).toContain('records that are missing are kept and not deleted');
    expect(await names(town)).toHaveLength(10);
  });

  test('whose answers are about another partition than was asked for is refused', async () => {
    const { url } = await service((_, response) => void response.json([{ area: 'north', id: '1', name: 'n' }]));
    const town = await makeTown(office(url, byArea()));
    expect((await town.run('permits')).problems.map((p) => p.code)).toEqual(['PARTITION_DIFFERS', 'PARTITION_DIFFERS']);
  });

  test('may be called whatever it is called', async () => {
    const lists: Lists = Object.assign(Object.create(null) as Lists, { __proto__x: ['1'], constructor: ['1'], 'a/b?c': ['1'] });
    const { url } = await service((request, response) => {
      const area = decodeURIComponent(request.path.split('/')[2]!);
      response.json((lists[area.replace('__proto__', '__proto__x')] ?? []).map((id) => ({ id, name: area })));
    });
    const stream = byArea(since, sinceRequest).replace('[north, south, west]', '["__proto__", constructor, "a/b?c"]');
    const town = await makeTown(office(url, stream));
    await town.run('permits');
    expect(await names(town)).toEqual(['__proto__', 'constructor', 'a/b?c']);
    expect(Object.keys(((await stateOf(town)) as { partitions: object }).partitions)).toEqual(['__proto__', 'constructor', 'a/b?c']);
  });
});

describe('a stream by the records of another', () => {
  const parent = `    retriever: { request: { path: /areas, query: { page: "{{ page }}" } } }\n    paginator: { kind: page, size: 2 }\n    decoder: { json: {} }\n    schema: { fields: { code: { required: true }, Full Name: {}, state: {} } }\n    record_selector: { where: [{ field: state, not_in: [closed] }] }\n    primary_key: [code]\n`;
  const child = `    retriever: { request: { path: /permits, query: { area: "{{ partition }}", called: "{{ parent.Full Name }}" } } }\n    partition: { stream: areas, field: code, into: { area: "{{ partition }}", name: "{{ parent.Full Name }}" } }\n    deletes: { when_absent: true, max_percent: 50 }\n${rest}`;
  let list: { code: string; 'Full Name': string; state: string }[];
  const start = () =>
    service((request, response) => {
      const number = Number(request.query['page']);
      if (request.path === '/areas') response.json(list.slice((number - 1) * 2, number * 2));
      else response.json([{ id: '1' }]);
    });
  const area = (code: string, state = 'open') => ({ code, 'Full Name': `The ${code} & more`, state });

  test('is read for each of them once, with the fields that it asks for, and for none that the parent leaves out', async () => {
    list = [area('n'), area('s'), area('x', 'closed'), area('n'), area('w')];
    const { url, asked } = await start();
    const town = await makeTown(office(url, child, { areas: parent }));
    expect((await town.run('permits')).counts).toMatchObject({ read: 3, created: 3 });
    expect(await names(town)).toEqual(['The n & more', 'The s & more', 'The w & more']);
    expect(asked.slice(-3)).toEqual(['n', 's', 'w'].map((code) => `/permits?area=${code}&called=The+${code}+%26+more`));
    // The area that the list names on two pages may be one that moved: its pages are read again, and say the same.
    expect(asked).toHaveLength(8);
    list = list.filter((a) => a.code !== 's');
    expect((await town.run('permits')).counts.deleted).toBe(1);
  });

  test('keeps the records of a parent that cannot be read', async () => {
    list = [area('n'), area('s')];
    const { url } = await start();
    const town = await makeTown(office(url, child, { areas: parent }));
    await town.run('permits');
    list = [area('n'), area('')];
    const run = await town.run('permits');
    expect([run.outcome, run.counts.deleted]).toEqual(['succeeded', 0]);
    expect(run.notes.join('\n')).toContain('1 records have no code, so nothing is requested for them.');
  });
});

test('a stream that is asked for in windows saves its position after each, and goes on there', async () => {
  let broken = true;
  const { url, asked } = await service((request, response) => {
    if (broken && String(request.query['since']).startsWith('2026-02')) response.status(400).send('no');
    else response.json([{ area: 'a', id: String(request.query['since']).slice(0, 7), name: 'x' }]);
  });
  const stream = `    retriever: { request: { path: /permits, query: { since: "{{ from }}", until: "{{ to }}" } } }\n    incremental: { cursor: changed, start: "2026-01-01", window: 31d, format: YYYY-MM-DD }\n${rest}`;
  const town = await makeTown(office(url, stream));
  const now = () => new Date('2026-03-10T00:00:00Z');
  expect((await town.run('permits', { now })).outcome).toBe('failed');
  expect(await stateOf(town)).toEqual({ cursor: '2026-02-01T00:00:00.000' });
  asked.length = 0;
  broken = false;
  expect((await town.run('permits', { now })).outcome).toBe('succeeded');
  expect(asked).toEqual(['/permits?since=2026-02-01&until=2026-03-04', '/permits?since=2026-03-04&until=2026-03-10']);
  expect(await stateOf(town)).toEqual({ cursor: '2026-03-10T00:00:00.000' });
  asked.length = 0;
  await town.run('permits', { now: () => new Date('2026-03-11T00:00:00Z') });
  expect(asked).toEqual(['/permits?since=2026-03-10&until=2026-03-11']);
});
