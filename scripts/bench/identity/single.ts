import { openTown } from '../../../src/cli/town.ts';
import { goldenBatch } from '../../../src/engine/golden/golden.ts';
import { identityModels } from '../../../src/engine/identity/models.ts';
import { compileNamed } from '../../../src/engine/run/bind.ts';
import { landing } from '../../../src/store/landing/landing.ts';
import { entityIds } from '../../../src/store/ledger/sources.ts';
import { people } from './people.ts';

/** `single.ts TOWN ROWS COUNT`: lands persons one by one, each in a transaction of its own, and says how long each took, beginning to commit. */
const [town = '', rows = '0', count = '300'] = process.argv.slice(2);
const engine = await openTown(town);
const { knex, project } = engine;
const ids = await entityIds(knex);
const entities = new Map([...project.entities.values()].map(({ value }) => [ids.get(value.entity)!, value]));
const entityId = ids.get('party')!;
const entity = entities.get(entityId)!;
const matching = new Map([[entityId, identityModels(project).get('party')!]]);
const [source] = (await knex('il_source').where({ pipeline: 'people' }).select('id')) as { id: number }[];
const bound = { mapping: compileNamed(project, 'party.from-register').mapping, entity, entityId, itemPrefix: '' };
const times: number[] = [];
const work: number[] = [];
let i = 0;
// Half of them are known already, under another number and with other errors; half are new to the town.
const known = people(Number(rows), 1);
const fresh = people(Number(count) * 5, 99);
for (let n = 0; n < Number(count); n++) {
  const row = (n % 2 === 0 ? known : fresh).next().value;
  if (!row) break;
  const values = { ...row, number: `X${i++}`, phone: n % 4 === 0 ? '' : row.phone };
  const started = performance.now();
  const before = process.cpuUsage();
  const { candidates } = bound.mapping.apply({ values, number: 1 }, { connection: 'register', file: 'people.csv' });
  await landing(
    knex,
    async (held) => {
      const batch = goldenBatch(held, {
        sourceId: source!.id,
        connection: 'register',
        pipeline: 'people',
        runId: 1,
        mappings: [bound],
        unmapped: 'reject',
        entities,
        matching,
        shapeId: () => Promise.resolve(1),
      });
      const as = { sourceId: source!.id, key: values.number, landed: 1, hash: 'h' };
      batch.link(undefined, as, [{ bound, candidate: candidates[0]! }], { values, number: 1 });
      await batch.commit();
    },
    { comparing: true },
  );
  times.push(performance.now() - started);
  const { user, system } = process.cpuUsage(before);
  work.push((user + system) / 1000);
}
await knex.destroy();
// The first ones compile the code that all others use.
const figures = (list: readonly number[]): string => {
  const sorted = list.slice(20).sort((a, b) => a - b);
  const at = (share: number): string => sorted[Math.floor(sorted.length * share)]!.toFixed(2);
  return `median ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`;
};
console.log(`one new record, ${times.length - 20} times: ${figures(times)}; processor time: ${figures(work)}`);
