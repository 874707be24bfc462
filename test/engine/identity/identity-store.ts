import type { LandContext } from '../../../src/engine/landing/context.ts';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { type EntityConfig, entitySchema, matchingOf } from '../../../src/config/schema/model.ts';
import { goldenBatch } from '../../../src/engine/golden/golden.ts';
import { rebuild } from '../../../src/engine/identity/rebuild.ts';
import { compileIdentity, type IdentityModel } from '../../../src/identity/model.ts';
import type { CompiledMapping } from '../../../src/mapping/mapping.ts';
import { landing } from '../../../src/store/landing/landing.ts';
import { migrateModel } from '../../../src/store/model-tables.ts';
import type { Knex } from '../../../src/store/open.ts';
import { storeUnderTest } from '../../store/stores.ts';
import { entityIds } from '../../../src/store/ledger/sources.ts';

/** One record of a person in one system. Fields are those of the shipped entity party. */
export type Person = { source: string; key: string } & Record<string, string | null>;

/** A store with the shipped entity party, into which persons are put without files around them. */
export interface PeopleStore {
  knex: Knex;
  model: IdentityModel;
  entity: EntityConfig;
  pet: EntityConfig;
  entityId: number;
  /** Lands persons, those of one source in one transaction, in this order; as records of a first load, to be compared later, when `first`. */
  land(people: readonly Person[], first?: boolean): Promise<void>;
  /** Lands pets, as records of a first load when `first`. */
  landPets(pets: readonly { source: string; key: string; owner_key: string }[], first?: boolean): Promise<void>;
  /** The source deleted these. */
  remove(people: readonly Pick<Person, 'source' | 'key'>[]): Promise<void>;
  rebuild(): Promise<void>;
  /** `source/key` of each live member, cluster by cluster, sorted. */
  clusters(): Promise<string[][]>;
  close(): Promise<void>;
}

const open: PeopleStore[] = [];

/** A store that closePeopleStores closes. */
export async function openPeopleStore(...args: Parameters<typeof peopleStore>): Promise<PeopleStore> {
  const made = await peopleStore(...args);
  open.push(made);
  return made;
}

export async function closePeopleStores(): Promise<void> {
  for (const one of open.splice(0)) await one.close();
}

/** What was landed: these stores are filled without a mapping. */
const NO_RECORD = { values: {}, number: 1 };

export async function peopleStore(change: (entity: Record<string, unknown>) => void = () => {}): Promise<PeopleStore> {
  const made = await storeUnderTest.make();
  const text = parse(await readFile(new URL('../../../config/model/party.yaml', import.meta.url), 'utf8')) as Record<string, unknown>;
  change(text);
  const entity = entitySchema.parse(text);
  const model = compileIdentity(matchingOf(entity)!);
  const pet = entitySchema.parse(parse(await readFile(new URL('../../../config/model/pet.yaml', import.meta.url), 'utf8')));
  const knex = await made.open();
  await migrateModel(knex, [entity, pet]);
  const ids = await entityIds(knex);
  const entityId = ids.get(entity.entity)!;
  const petId = ids.get('pet')!;
  const sources = ['a', 'b', 'c', 'd', 'e'];
  await knex('il_source').insert(sources.map((name, i) => ({ id: i + 1, pipeline: name, connection: name, stream: 'people' })));
  let run = 0;
  const contextOf = (source: string): LandContext => ({
    sourceId: sources.indexOf(source) + 1,
    connection: source,
    pipeline: source,
    runId: ++run,
    mappings: [],
    unmapped: 'reject',
    entities: new Map([
      [entityId, entity],
      [petId, pet],
    ]),
    matching: new Map([[entityId, model]]),
    shapeId: () => Promise.resolve(1),
  });
  const bound = { mapping: {} as CompiledMapping, entity, entityId, itemPrefix: '' };
  return {
    knex,
    model,
    entity,
    pet,
    entityId,
    async land(people, first = false) {
      for (const some of runsOf(people))
        await landing(knex, async (held) => {
          const context = { ...contextOf(some[0]!.source), allNew: first };
          const known = await held.links(
            context.sourceId,
            some.map((p) => p.key),
          );
          const batch = goldenBatch(held, context);
          for (const { source, key, ...fields } of some) {
            const columns = { kind: 'person', ...fields, source, party_key: key };
            const as = { sourceId: context.sourceId, key, landed: 1, hash: 'h' };
            known.set(
              key,
              batch.link(known.get(key), as, [{ bound, candidate: { entity: entity.entity, columns, itemKey: '' } }], NO_RECORD),
            );
          }
          await batch.commit();
        });
    },
    landPets: (pets, first = false) =>
      landing(knex, async (held) => {
        const context = contextOf(pets[0]!.source);
        const batch = goldenBatch(held, context);
        for (const { source, key, owner_key } of pets) {
          const columns = { source, pet_key: key, owner_key };
          const as = { sourceId: context.sourceId, key: `pet ${key}`, landed: 1, hash: 'h' };
          const made = {
            bound: { ...bound, mapping: { columns: Object.keys(columns) } as unknown as CompiledMapping, entity: pet, entityId: petId },
            candidate: { entity: 'pet', columns, itemKey: '' },
          };
          if (first) batch.addNew(as, made);
          else batch.link(undefined, as, [made], NO_RECORD);
        }
        await batch.commit();
      }),
    async remove(people) {
      for (const { source, key } of people)
        await landing(knex, async (held) => {
          const context = contextOf(source);
          const known = await held.links(context.sourceId, [key]);
          const batch = goldenBatch(held, context);
          batch.unlinkAll(known.get(key)!);
          await batch.commit();
        });
    },
    rebuild: () => landing(knex, (held, trx) => rebuild(held, trx, contextOf('a'), { entity, entityId, model })),
    async clusters() {
      const rows = (await knex('il_member').where({ state: 'live' }).select('source', 'member_key', 'golden_id')) as Record<
        string,
        string | number
      >[];
      const groups = Map.groupBy(rows, (r) => r.golden_id);
      return [...groups.values()].map((g) => g.map((r) => `${r.source}/${r.member_key}`).sort()).sort((x, y) => (x[0]! < y[0]! ? -1 : 1));
    },
    async close() {
      await knex.destroy();
      await made.remove();
    },
  };
}

/** A batch is of one source: the list cut where the source changes. */
function runsOf(people: readonly Person[]): Person[][] {
  const runs: Person[][] = [];
  for (const person of people)
    if (runs.at(-1)?.[0]?.source === person.source) runs.at(-1)!.push(person);
    else runs.push([person]);
  return runs;
}
