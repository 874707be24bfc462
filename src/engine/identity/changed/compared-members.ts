import { listAt } from '../../../core/number-lists.ts';
import type { IdentityModel } from '../../../identity/model.ts';
import type { IdentityStore } from '../../../store/identity/identity.ts';
import { type Changed, compareChanged } from './compare-changed.ts';
import { type Coming, takeFound } from './found-ahead.ts';
import { type ComparedMember, writeKeys } from './move-keys.ts';

/**
 * What comparing members that changed finds, in their order. Their keys are written as soon as it is known which. `meanwhile` is done while
 * the thread compares them; it may write what they are compared by: of each other they are compared by what is in memory.
 */
export async function comparedMembers<T>(
  store: IdentityStore,
  model: IdentityModel,
  changed: readonly Changed[],
  ahead: Coming | undefined,
  meanwhile: () => Promise<T>,
): Promise<{ found: ComparedMember[]; done: T }> {
  const byId = new Map(changed.map((one) => [one.member.id, one]));
  const ids = new Set(byId.keys());
  const found = new Map<number, ComparedMember>();
  const take = (some: readonly ComparedMember[]): ComparedMember[] => {
    const taken = some.filter(({ changed: { member } }) => !found.has(member.id));
    for (const one of taken) found.set(one.changed.member.id, one);
    return taken;
  };
  const compareHere = async (some: readonly Changed[], moved?: ReadonlyMap<number, readonly number[]>): Promise<ComparedMember[]> => {
    if (some.length === 0) return [];
    const compared = await compareChanged(store, model, some, ids, moved);
    return take(some.map((one, at) => ({ changed: one, compared, at })));
  };
  const here = await compareHere(changed.filter(({ member }) => !ahead?.isComing(member)));
  const done = await meanwhile();
  const moved: ComparedMember[] = [];
  for await (const list of ahead?.lists() ?? []) {
    const taken = take(takeFound(store, byId, list));
    await writeKeys(store, taken);
    moved.push(...taken);
  }
  const late = changed.filter(({ member }) => !found.has(member.id));
  await writeKeys(store, [...here, ...(await compareHere(late, late.length > 0 ? blocksOfMoved(moved) : undefined))]);
  return { found: changed.map(({ member }) => found.get(member.id)!), done };
}

/** Who was in the blocks that these members came into or left, before they did. */
function blocksOfMoved(moved: readonly ComparedMember[]): Map<number, readonly number[]> {
  const before = new Map<number, readonly number[]>();
  for (const { blocks } of new Set(moved.map(({ compared }) => compared)))
    blocks.keys.forEach((key, i) => before.set(key, listAt(blocks.members, i)));
  return before;
}
