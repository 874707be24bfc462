import { parentPort, workerData } from 'node:worker_threads';
import type { EntityConfig } from '../../../config/schema/model.ts';
import { numberLists } from '../../../core/number-lists.ts';
import { compileIdentity, type IdentityModel } from '../../../identity/model.ts';
import type { Contribution } from '../../../identity/survivorship.ts';
import { identityStore } from '../../../store/identity/identity.ts';
import { landingOver } from '../../../store/landing/landing.ts';
import { openReader } from '../../../store/reader.ts';
import { contributionsOfMembers, idOf } from '../../golden/golden-records.ts';
import { type Changed, compareChanged } from './compare-changed.ts';
import type { AheadStart, SaidAhead } from './compare-ahead.ts';
import type { FoundAhead } from './found-ahead.ts';
import { profileOf } from '../members.ts';
import { isSame } from './resolve-touched.ts';

/**
 * A thread of compare-ahead.ts. For each list of records that changed it gives what comparing them found, in the store as it was when the thread
 * began to read. What it supposes, such as that a record is as its mapping says, is looked at again by who lands it.
 */
const { file, kinds, sources } = workerData as AheadStart;
const reader = openReader(file);
const { rows } = reader;
const landing = landingOver(rows, {
  take: () => Promise.reject(new Error('A store that is only read gives no ids.')),
  sources: () => Promise.resolve((id: number) => sources.get(id)!),
});
const models = new Map(
  kinds.map(({ entityId, entity, from }) => [entityId, { entity, entityId, model: compileIdentity(from.config, from.parameters) }]),
);
const pages = new Map<number, Map<number, Uint32Array>>(kinds.map(({ entityId }) => [entityId, new Map()]));

async function found(entityId: number, said: readonly SaidAhead[]): Promise<FoundAhead> {
  const kind = models.get(entityId)!;
  // What is read of keys is for these members alone.
  const store = identityStore(rows, entityId, pages.get(entityId));
  const changed = await changedOf(kind, store, said);
  const compared = await compareChanged(store, kind.model, changed, NOBODY);
  return {
    entityId,
    members: changed.map(({ member }) => member.id),
    profiles: changed.map(({ population, profile }) => JSON.stringify([population, profile])),
    compared,
    onPage: numberLists(await store.keys.onPages(compared.blocks.keys)),
  };
}

const NOBODY: ReadonlySet<number> = new Set();

/** The members that are there and change with these records. */
async function changedOf(
  kind: { entity: EntityConfig; entityId: number; model: IdentityModel },
  store: ReturnType<typeof identityStore>,
  said: readonly SaidAhead[],
): Promise<Changed[]> {
  const members = await store.byKey(said.map(({ name }) => name));
  const nameOf = ({ source, key }: { source: string; key: string }): string => JSON.stringify([source, key]);
  const now = Map.groupBy(said, ({ name }) => nameOf(name));
  const mine = new Set(said.map(({ contribution, sourceId }) => idOf({ sourceId, entityId: kind.entityId, ...contribution })));
  const names = await landing.linkNamesOfMembers(members.map(({ id }) => id));
  const others = new Set(names.filter((name) => !mine.has(idOf(name))).map(({ member }) => member));
  const stored = await contributionsOfMembers(landing, [...others], (link) => mine.has(idOf(link)));
  return members
    .map((member) => {
      const own = now.get(nameOf(member))!.map(({ contribution }): Contribution => contribution);
      return { member, isNew: false, ...profileOf(kind, [...own, ...(stored.get(member.id) ?? [])]) };
    })
    .filter((one) => one.profile !== null && !isSame(one))
    .sort((x, y) => x.member.id - y.member.id);
}

let last: Promise<void> = Promise.resolve();
parentPort!.on('message', (list: { entityId: number; said: SaidAhead[] } | 'end') => {
  last = last.then(async () => {
    if (list === 'end') {
      reader.close();
      parentPort!.close();
      return;
    }
    const one = await found(list.entityId, list.said);
    const { came, left, stayed, blocks } = one.compared;
    const lists = [came, left, stayed, blocks.members, one.onPage].flatMap(({ start, numbers }) => [start.buffer, numbers.buffer]);
    parentPort!.postMessage(one, [...lists, blocks.keys.buffer, blocks.population.buffer, blocks.isRule.buffer]);
  });
});
