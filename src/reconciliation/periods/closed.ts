import { dayAfter, type Period } from './fiscal.ts';

/** Which days are closed, and by which period. */
export interface ClosedPeriods {
  /** The shortest closed period that a day is in; undefined: the day is open. */
  of(day: string): Period | undefined;
  /** The first open day on or after a day. */
  firstOpen(day: string): string;
}

/** `closed`: periods that are closed, in any order. */
export function closedPeriods(closed: readonly Period[]): ClosedPeriods {
  const shortest: Record<Period['kind'], number> = { day: 0, month: 1, year: 2 };
  const list = [...closed].sort((a, b) => shortest[a.kind] - shortest[b.kind]);
  const longest = list.toReversed();
  const within = (day: string) => (period: Period) => period.first <= day && day <= period.last;
  return {
    of: (day) => list.find(within(day)),
    firstOpen(day) {
      for (let at = day; ;) {
        const period = longest.find(within(at));
        if (!period) return at;
        at = dayAfter(period.last);
      }
    },
  };
}
