import type { Entry, Side } from '../../../reconciliation/entry.ts';
import type { ReconciledMatch } from '../../../reconciliation/match/reconcile.ts';
import { SIDES } from '../../../reconciliation/match/work.ts';
import type { MatchRecord } from '../../../store/reconciliation/matches.ts';
import type { PassMatch } from '../../../store/reconciliation/pass-matches.ts';
import type { StoredEntry } from '../read-entries.ts';

type EntityIds = Readonly<Record<Side, number>>;

/**
 * Sorts matches by their first records, as the store has these: whoever looks at neighboring records then finds their matches in the same
 * pages of the store.
 */
export function inOrderOfRecords(matches: ReconciledMatch[]): void {
  const first = ({ left, right }: ReconciledMatch): number => ((left[0] ?? right[0]) as StoredEntry).golden;
  matches.sort((a, b) => first(a) - first(b));
}

/** One after the other, so that they are not all in memory twice. */
export function* passMatchesOf(matches: readonly ReconciledMatch[], entityIds: EntityIds): Generator<PassMatch> {
  for (const match of matches) yield passMatchOf(match, entityIds);
}

function passMatchOf(match: ReconciledMatch, entityIds: EntityIds): PassMatch {
  const sum = (entries: readonly Entry[]): number => entries.reduce((total, { minor }) => total + minor, 0);
  return {
    contentId: match.id,
    rule: match.pass,
    state: match.state,
    madeBy: match.by,
    currency: (match.left[0] ?? match.right[0])!.currency,
    left: sum(match.left),
    right: sum(match.right),
    evidence: { ...match.evidence },
    records: SIDES.flatMap((side) => recordsOf(match[side], side, entityIds)),
    names: [...match.left, ...match.right].map(({ id }) => id),
  };
}

export function recordsOf(entries: readonly Entry[], side: Side, entityIds: EntityIds): Omit<MatchRecord, 'match'>[] {
  const entityId = entityIds[side];
  return (entries as readonly StoredEntry[]).map(({ golden, version, minor }) => ({ side, entityId, golden, version, minor }));
}

/** What explains exceptions that are gone: the match that has the first of its records. */
export interface Explanations {
  add(matches: readonly ReconciledMatch[]): void;
  of(records: readonly string[]): Record<string, unknown>;
}

/** `wanted`: of these records only; undefined: of all. Nothing is made before it is asked for the first time. */
export function explanations(wanted?: ReadonlySet<string>): Explanations {
  const lists: (readonly ReconciledMatch[])[] = [];
  let byRecord: Map<string, { match: string; rule: string }> | undefined;
  const note = (known: Map<string, { match: string; rule: string }>, matches: readonly ReconciledMatch[]): void => {
    for (const match of matches)
      for (const side of SIDES)
        for (const { id } of match[side]) if (!wanted || wanted.has(id)) known.set(id, { match: match.id, rule: match.pass });
  };
  return {
    add(matches) {
      if (!wanted) lists.push(matches);
      else if (wanted.size) note((byRecord ??= new Map()), matches);
    },
    of(records) {
      if (!byRecord) {
        byRecord = new Map();
        for (const matches of lists) note(byRecord, matches);
      }
      const known = byRecord;
      const by = records.map((record) => known.get(record)).find((found) => found !== undefined);
      return by ?? { cause: 'its records changed or are gone' };
    },
  };
}
