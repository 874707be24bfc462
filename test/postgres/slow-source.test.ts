import pg from 'pg';
import { afterEach, expect, test } from 'vitest';
import { closeAll, office, service } from '../engine/service.ts';
import { makeTown, type TestTown } from '../engine/town.ts';

afterEach(closeAll);

const urlOf = (town: TestTown): string => /^store: .*url: "(.*)"/m.exec(town.text('config/interlocal.yaml'))![1]!;

/** Sessions of the town's database that have a transaction open and do nothing in it. */
async function idleTransactions(url: string): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ n: string }>(
    "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
  );
  await client.end();
  return Number(rows[0]!.n);
}

test('no transaction is open while a slow service is waited for', async () => {
  const list = Array.from({ length: 7 }, (_, i) => ({ id: String(i + 1), name: `P${i + 1}` }));
  const seen: number[] = [];
  let store = '';
  const { url } = await service((request, response) => {
    const page = Number(request.query.page);
    void idleTransactions(store).then((n) => {
      seen.push(n);
      response.json({ permits: list.slice((page - 1) * 3, page * 3) });
    });
  });
  const files = office(
    url,
    `    retriever: { request: { path: /permits, query: { page: "{{ page }}" } } }
    decoder: { json: { rows: permits } }
    paginator: { kind: page, size: 3 }
    schema: { fields: { id: {}, name: {} } }
    primary_key: [id]
`,
  );
  // Each page fills a batch, and half of the next one waits while the service is asked again.
  const town = await makeTown({
    ...files,
    'pipelines/permits.yaml': String(files['pipelines/permits.yaml']).replace(/batch_size: .*/, 'batch_size: 2'),
  });
  store = urlOf(town);
  expect((await town.run('permits')).counts).toMatchObject({ created: 7 });
  expect(seen).toEqual([0, 0, 0]);
});
