import type { EntityConfig } from '../../config/schema/model.ts';
import type { Landing } from '../../store/landing/landing.ts';
import { identityStore, type Member } from '../../store/identity/identity.ts';
import { afterFilling, beforeFilling } from '../../store/model-tables.ts';
import type { Knex } from '../../store/open.ts';
import {
  comparedBy,
  countMembers,
  countMembersToCompare,
  membersToCompare,
  saveCompared,
  takeUnnamedLinks,
} from '../../store/identity/members.ts';
import { contributionsOfMembers } from '../golden/golden-records.ts';
import type { Project } from '../../config/project.ts';
import type { InboundRun } from '../inbound/inbound-run.ts';
import { type Interruption, type RunLog, type RunStore, stopIfAsked } from '../run/context.ts';
import { type MatchedKind, type MemberContext, memberName, newMember, profileOf, writeOfMembers } from './members.ts';
import { matchingFingerprint } from './models.ts';
import { rebuild } from './rebuild.ts';
import { resolveTouched } from './changed/resolve-touched.ts';
import type { Columns } from '../../mapping/mapping.ts';

/** So many members are compared in one transaction where the others are known already. */
const STRETCH = 250;
/** Above these, all members are compared at once: it takes less time than one by one. */
const MANY = 2000;
const SHARE = 0.1;

/** What comparing what was landed needs of a run. */
type ComparedRun = RunStore & RunLog & Interruption & Pick<InboundRun, 'bound' | 'entities' | 'id' | 'matching' | 'preview' | 'project'>;

/**
 * Compares what a load has noted as new, and everything where the model or its parameters changed since the members were
 * compared. Killed on the way, the next run does what is missing.
 */
export async function resolveNew(run: ComparedRun): Promise<void> {
  for (const [entityId, model] of run.matching) {
    if (!run.bound.some((b) => b.entityId === entityId)) continue;
    const entity = run.entities.get(entityId)!;
    await bringUpToDate(
      {
        project: run.project,
        knex: run.knex,
        preview: run.preview !== undefined,
        commit: run.commit,
        context: {
          runId: run.id,
          onChange: run.preview?.onChange,
          entities: run.entities,
        },
        note: (text) => run.note(text),
        stop: () => stopIfAsked(run),
        progress: (what, done, total) => run.progress({ what, done, total }),
      },
      { entity, entityId, model },
    );
  }
}

/** What comparing needs of whoever asks for it. */
export interface Comparing {
  project: Project;
  knex: Knex;
  commit<T>(work: (landing: Landing, trx: Knex.Transaction) => Promise<T>): Promise<T>;
  context: MemberContext;
  note(text: string): void;
  /** Throws where a person asked to stop. */
  stop(): void;
  progress(what: string, done: number, total: number): void;
  /** Nothing stays. */
  preview?: boolean;
}

/** The same for one entity, whoever asks for it. */
export async function bringUpToDate(comparing: Comparing, kind: MatchedKind): Promise<void> {
  const { entity, entityId } = kind;
  const fingerprint = matchingFingerprint(comparing.project, entity.entity);
  const state = await comparedBy(comparing.knex, entityId);
  if (state.comparedBy !== fingerprint) {
    const total = await countMembers(comparing.knex, entityId);
    if (state.comparedBy !== null && total > 0)
      comparing.note(`The rules for comparing ${entity.entity} records changed: all ${total} of them are compared again.`);
    await filling(comparing, entity, total, () =>
      comparing.commit(async (landing, trx) => {
        const also = await nameLinks(landing, kind);
        await rebuild(landing, trx, comparing.context, kind, also);
        await saveCompared(trx, entityId, fingerprint);
      }),
    );
    return;
  }
  // Counting members goes through all of them: not in a night that has no new ones.
  if (!state.membersNew) return;
  const total = await countMembers(comparing.knex, entityId);
  const waiting = await countMembersToCompare(comparing.knex, entityId);
  if (waiting > MANY && waiting > total * SHARE) {
    comparing.progress(`comparing ${entity.title.toLowerCase()} records`, 0, total);
    await filling(comparing, entity, waiting, () =>
      comparing.commit(async (landing, trx) => {
        await rebuild(landing, trx, comparing.context, kind);
        await saveCompared(trx, entityId, fingerprint);
      }),
    );
    return;
  }
  for (let done = 0; ;) {
    comparing.stop();
    const count = await comparing.commit(async (landing, trx) => {
      const some = await resolveSome(landing, comparing.context, kind);
      // In the same transaction: another run may note more of them right behind it.
      if (some < STRETCH) await saveCompared(trx, entityId, fingerprint);
      return some;
    });
    done += count;
    comparing.progress(`comparing ${entity.title.toLowerCase()} records`, done, waiting);
    if (count < STRETCH) return;
  }
}

/** More records than this are a large first load. */
const BULK_RECORDS = 50_000;

/**
 * Does what fills the table of an entity with about so many golden records. A large one that is empty has its indexes made afterwards; after a
 * failure, the next start or inbound run makes them.
 */
async function filling({ knex, preview }: Comparing, entity: EntityConfig, records: number, fill: () => Promise<void>): Promise<void> {
  const bulk = !preview && records >= BULK_RECORDS && (await beforeFilling(knex, [entity], []));
  await fill();
  if (bulk) await afterFilling(knex, [entity]);
}

async function resolveSome(landing: Landing, context: MemberContext, kind: MatchedKind): Promise<number> {
  const store = identityStore(landing.rows, kind.entityId);
  const members = await membersToCompare(landing.rows, kind.entityId, STRETCH);
  if (members.length === 0) return 0;
  const said = await contributionsOfMembers(
    landing,
    members.map((m) => m.id),
  );
  const touched = members.map((member) => ({
    member: { ...member, state: 'live' as const },
    isNew: true,
    ...profileOf(kind, said.get(member.id)!),
  }));
  const { goldens, goldenOf } = await resolveTouched(store, kind.model, touched);
  await writeOfMembers(landing, context, kind, store, {
    goldens,
    goldenOf,
    said,
    isNew: new Set(members.map((m) => m.id)),
    mine: new Set(),
  });
  return members.length;
}

/**
 * Records that were landed before the entity was compared: each gets the member that its key names, with the id of its golden
 * record. Gives the golden records that they had: some may be left without any.
 */
async function nameLinks(landing: Landing, kind: MatchedKind): Promise<Set<number>> {
  const goldens = new Set<number>();
  const store = identityStore(landing.rows, kind.entityId);
  const sourceOf = await landing.sources();
  for (;;) {
    const links = await takeUnnamedLinks(landing.rows, kind.entityId, 5000);
    if (links.length === 0) return goldens;
    const members = new Map<string, Member>();
    const named = links.map((link) => {
      const { connection } = sourceOf(link.sourceId);
      const name = memberName(kind.model, connection, JSON.parse(link.mapped!) as Columns, link);
      return { link, name, text: JSON.stringify([name.source, name.key]) };
    });
    for (const member of await store.byKey([...new Map(named.map((n) => [n.text, n.name])).values()]))
      members.set(JSON.stringify([member.source, member.key]), member);
    const taken = new Set((await store.byId(links.flatMap((l) => l.golden ?? []))).map((m) => m.id));
    const fresh: Member[] = [];
    for (const { link, name, text } of named) {
      if (link.golden !== null) goldens.add(link.golden);
      if (members.has(text)) continue;
      const kept = link.golden !== null && !taken.has(link.golden) ? link.golden : null;
      const id = kept ?? (await landing.take('golden', 1));
      taken.add(id);
      const member: Member = { ...newMember(id, name.source, name.key), state: kept === null ? 'new' : 'live', golden: kept };
      members.set(text, member);
      fresh.push(member);
    }
    await store.insertMembers(fresh);
    await landing.rows.update(
      'il_link',
      ['member_id'],
      ['source_id', 'source_key', 'entity_id', 'item_key'],
      named.map(({ link, text }) => [members.get(text)!.id, link.sourceId, link.sourceKey, link.entityId, link.itemKey]),
    );
  }
}
