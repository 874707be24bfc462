import { listAt, type NumberLists } from '../../../core/number-lists.ts';
import type { SourceRecord } from '../../../core/record.ts';
import type { IdentityStore } from '../../../store/identity/identity.ts';
import type { Knex } from '../../../store/open.ts';
import type { Changed, Compared } from './compare-changed.ts';
import type { ComparedMember } from './move-keys.ts';

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
  /** What it found, as it comes. */
  lists(): AsyncIterable<FoundAhead>;
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

/** Those of a list that changed and are what they were taken to be, by id; the store knows their pages then. */
export function takeFound(
  store: IdentityStore,
  changed: ReadonlyMap<number, Changed>,
  { members, profiles, compared, onPage }: FoundAhead,
): ComparedMember[] {
  const taken: ComparedMember[] = [];
  members.forEach((id, at) => {
    const one = changed.get(id);
    if (one && profiles[at] === JSON.stringify([one.population, one.profile])) taken.push({ changed: one, compared, at });
  });
  if (taken.length > 0)
    store.keys.know(
      compared.blocks.keys,
      Array.from(compared.blocks.keys, (_, i) => listAt(onPage, i)),
    );
  return taken;
}
