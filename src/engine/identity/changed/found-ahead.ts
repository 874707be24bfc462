import { listAt, type NumberLists } from '../../../core/number-lists.ts';
import type { SourceRecord } from '../../../core/record.ts';
import type { IdentityStore } from '../../../store/identity/identity.ts';
import type { Knex } from '../../../store/open.ts';
import type { Changed, Compared } from './compare-changed.ts';

/**
 * Members that will change are compared with all others while the file that changes them is still being compared with the store: by a
 * thread that reads the store as it was then. It holds where nobody else wrote members meanwhile, and for members that are what they were
 * taken to be; all others are compared when they are landed, with the same result.
 */
export interface CompareAhead {
  /** Records that will be landed. */
  add(records: readonly SourceRecord[]): void;
  /** In the write transaction in which they are landed, before it writes: does what is found hold? */
  begin(trx: Knex.Transaction): Promise<void>;
  /** What is found of members of this entity; undefined where it does not hold, and after it was asked for. */
  found(entityId: number): Coming | undefined;
  stop(): Promise<void>;
}

/** What the thread finds. */
export interface Coming {
  /** The thread compares it, or has done so. */
  isComing(member: { source: string; key: string }): boolean;
  /** Waits for the thread. */
  all(): Promise<FoundAhead[]>;
}

/** What comparing some members that will change found. */
export interface FoundAhead {
  entityId: number;
  members: number[];
  /** By member, what it was taken to be: population and profile. */
  profiles: string[];
  compared: Compared;
  /** By block, who is on its page. */
  onPage: NumberLists;
}

/** Of members that changed, those that were compared ahead and are what they were taken to be; the store knows their pages then. */
export function takeFound(
  store: IdentityStore,
  changed: readonly Changed[],
  found: readonly FoundAhead[],
): Map<number, { compared: Compared; at: number }> {
  const places = new Map<number, { list: FoundAhead; at: number }>();
  for (const list of found) list.members.forEach((id, at) => places.set(id, { list, at }));
  const taken = new Map<number, { compared: Compared; at: number }>();
  const lists = new Set<FoundAhead>();
  for (const { member, population, profile } of changed) {
    const place = places.get(member.id);
    if (!place || place.list.profiles[place.at] !== JSON.stringify([population, profile])) continue;
    taken.set(member.id, { compared: place.list.compared, at: place.at });
    lists.add(place.list);
  }
  for (const { compared, onPage } of lists)
    store.keys.know(
      compared.blocks.keys,
      Array.from(compared.blocks.keys, (_, i) => listAt(onPage, i)),
    );
  return taken;
}
