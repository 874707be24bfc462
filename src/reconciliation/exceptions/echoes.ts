import { compare } from '../../core/compare.ts';
import { dayNumber } from '../calendar.ts';
import { CAUSES_FIRST } from './types.ts';

/** An exception that needs somebody, with what it is about. */
export interface Echoing {
  id: string;
  pipeline: string;
  type: string;
  /** Whether it holds the money of its records. */
  holds: boolean;
  since: string | null;
  /** Its records: the same text is the same record in every reconciliation. */
  records: readonly string[];
  /** Names that it has in common with its cause or its echoes elsewhere: the number of a slip. */
  tags: readonly { name: string; role: 'cause' | 'echo' | 'either' }[];
  /** The cause that its own reconciliation has named. */
  named?: string;
  /** Of a finding: the records that its own are matched with in its reconciliation. The same text is the same record. */
  kin?: readonly string[];
  /** Minor units that its records have too much; with those on its right side, what these have. */
  minor?: number;
  right?: ReadonlySet<string>;
}

/**
 * Of exceptions with one cause, which is the cause: for each echo the id of its cause, null for the others. A record that is open
 * in two reconciliations is one trouble; the cause is what is missing at the source, then what comes first in the chain.
 * `order`: the place of each reconciliation in the chain. The result depends on nothing but what is given.
 */
export function causesOf(exceptions: readonly Echoing[], order: ReadonlyMap<string, number>): Map<string, string | null> {
  const byId = new Map(exceptions.map((e) => [e.id, e]));
  const cause = new Map<string, string | null>(exceptions.map(({ id }) => [id, null]));
  const explained = explainedTotals(exceptions);
  const rank = (e: Echoing): number => {
    if (explained.has(e.id)) return CAUSES_FIRST.length + 1;
    const first = (CAUSES_FIRST as readonly string[]).indexOf(e.type);
    return first < 0 ? CAUSES_FIRST.length : first;
  };
  const before = (a: Echoing, b: Echoing): number =>
    rank(a) - rank(b) ||
    (order.get(a.pipeline) ?? 0) - (order.get(b.pipeline) ?? 0) ||
    compare(a.since ?? '', b.since ?? '') ||
    compare(a.id, b.id);
  const shared = new Map<string, Echoing[]>();
  for (const e of exceptions) {
    // Two findings about one record are two causes, unless they say the same.
    const names = [
      ...e.records.map((record) => (e.holds ? `money ${record}` : `${e.type} ${record}`)),
      ...e.tags.filter(({ role }) => role === 'either').map(({ name }) => `tag ${name}`),
    ];
    for (const name of names) {
      const list = shared.get(name);
      if (list) list.push(e);
      else shared.set(name, [e]);
    }
  }
  for (const list of shared.values()) {
    if (list.length < 2) continue;
    const [first, ...rest] = [...list].sort(before);
    for (const e of rest) {
      if (e.pipeline === first!.pipeline) continue;
      const known = cause.get(e.id);
      if (known === null || before(first!, byId.get(known!)!) < 0) cause.set(e.id, first!.id);
    }
  }
  const heads = new Map<string, Echoing[]>();
  for (const e of exceptions)
    for (const { name, role } of e.tags)
      if (role === 'cause') {
        const list = heads.get(name);
        if (list) list.push(e);
        else heads.set(name, [e]);
      }
  const nearer = (e: Echoing, a: Echoing, b: Echoing): number => apart(e, a) - apart(e, b) || before(a, b);
  for (const e of exceptions)
    for (const { name, role } of e.tags) {
      const list = role === 'echo' ? heads.get(name)?.filter((head) => head !== e && apart(e, head) <= SAME_NUMBER_DAYS) : undefined;
      const [head] = list?.sort((a, b) => nearer(e, a, b)) ?? [];
      if (head && cause.get(e.id) === null) cause.set(e.id, head.id);
    }
  nameKin(exceptions, cause, before);
  for (const e of exceptions) if (e.named !== undefined && e.named !== e.id && byId.has(e.named)) cause.set(e.id, e.named);
  // An echo of an echo is one of the cause; where they name each other in a circle, the first of the circle is the cause.
  const direct = new Map(cause);
  for (const { id } of exceptions) {
    const path = [id];
    let next = direct.get(id) ?? null;
    while (next !== null && !path.includes(next)) {
      path.push(next);
      next = direct.get(next) ?? null;
    }
    const circle = next === null ? path.slice(-1) : path.slice(path.indexOf(next));
    const head = circle.map((name) => byId.get(name)!).sort(before)[0]!.id;
    cause.set(id, head === id ? null : head);
  }
  return cause;
}

/**
 * Of a receipt and its payment both say that it was voided, in one reconciliation or in two: what is matched tells one trouble. What
 * `echo_of` has named is named already.
 */
function nameKin(exceptions: readonly Echoing[], cause: Map<string, string | null>, before: (a: Echoing, b: Echoing) => number): void {
  const alike = new Map<string, Echoing[]>();
  for (const e of exceptions)
    if (!e.holds)
      for (const record of [...e.records, ...(e.kin ?? [])])
        alike.set(`${e.type} ${record}`, [...(alike.get(`${e.type} ${record}`) ?? []), e]);
  const isUnder = (e: Echoing, head: Echoing): boolean => {
    const seen = new Set<string>();
    for (let id: string | null = e.id; id !== null && !seen.has(id); id = cause.get(id) ?? null) {
      if (id === head.id) return true;
      seen.add(id);
    }
    return false;
  };
  for (const list of alike.values()) {
    const [first, ...rest] = list.sort(before);
    for (const e of rest) {
      const areKin = [first!, e].some((one) =>
        one.kin?.some((record) => [first!, e].some((other) => other !== one && other.records.includes(record))),
      );
      if (areKin && cause.get(e.id) === null && !isUnder(first!, e)) cause.set(e.id, first!.id);
    }
  }
}

/**
 * The totals that differ by just what other reconciliations find wrong with single records of their batch, such as a payment with the
 * wrong sign: these are the cause, and not the whole batch.
 */
function explainedTotals(exceptions: readonly Echoing[]): Set<string> {
  const found = new Set<string>();
  const totals = exceptions.filter(({ type, minor }) => type === 'control_total_differs' && minor);
  if (!totals.length) return found;
  const byRecord = new Map<string, Echoing[]>();
  for (const e of exceptions)
    if (e.holds && e.right && !(CAUSES_FIRST as readonly string[]).includes(e.type))
      for (const record of e.records) {
        const list = byRecord.get(record);
        if (list) list.push(e);
        else byRecord.set(record, [e]);
      }
  for (const total of totals) {
    // What a record has too much, by the first reconciliation that finds it different from its other side.
    const tooMuch = new Map<Echoing, number>();
    for (const record of total.records)
      for (const e of byRecord.get(record) ?? []) {
        const isDifference = e.records.some((one) => e.right!.has(one)) && e.records.some((one) => !e.right!.has(one));
        if (e.pipeline !== total.pipeline && isDifference) tooMuch.set(e, e.right!.has(record) ? e.minor! : -e.minor!);
      }
    if (tooMuch.size && [...tooMuch.values()].reduce((sum, minor) => sum + minor, 0) === total.minor) found.add(total.id);
  }
  return found;
}

/**
 * Slip numbers begin again each year, in some towns in the middle of a fiscal year: what has the same number so many days later is another
 * slip. A return may come 60 days late.
 */
const SAME_NUMBER_DAYS = 75;

/** Days between the first days of two exceptions; 0 where one has none. */
function apart(a: Echoing, b: Echoing): number {
  return a.since === null || b.since === null ? 0 : Math.abs(dayNumber(a.since) - dayNumber(b.since));
}
