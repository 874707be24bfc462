import type { IdentityStore, Member } from '../../../store/identity/identity.ts';

/** Reads those of these members that are not in memory. */
export async function loadMembers(store: IdentityStore, members: Map<number, Member>, ids: Iterable<number>): Promise<void> {
  const missing = [...new Set(ids)].filter((id) => !members.has(id));
  for (const member of await store.byId(missing)) members.set(member.id, member);
}
