import type { decisionsOf } from '../engine/identity/review.ts';
import type { ShapeOf } from './shapes/shapes.ts';

type Decision = Awaited<ReturnType<typeof decisionsOf>>[number];

/** What a person decided about two records, as `review list --decided --json` gives it. */
export function decisionJson({
  id,
  a,
  b,
  verdict,
  reason,
  actor,
  at,
  undone,
}: Decision): ShapeOf<'review list --decided'>['decisions'][number] {
  return { id, a: memberJson(a), b: memberJson(b), verdict, reason, actor, at, undone };
}

function memberJson({ source, key }: Decision['a']): { connection: string; source_key: string } {
  return { connection: source, source_key: key };
}
