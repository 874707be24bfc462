import type { Entry, FoundMatch, Side, Unequal } from '../entry.ts';
import { explainUnequal } from '../exceptions/explain-unequal.ts';
import { isProvenMissing } from '../exceptions/missing-records.ts';
import { sumOf } from '../sums.ts';
import { except, isRefused, reopen, type Rules, SIDES, take, type Work } from './work.ts';

/** Keeps a group whose sums differ for later passes. */
export function holdUnequal(work: Work, group: Unequal): void {
  work.unequal.add(group);
  for (const side of SIDES) for (const entry of group[side]) work.open[side].delete(entry);
}

/**
 * Records that are a group's whole difference are the exception; else the group is. The rest is confirmed where nothing else could be the
 * difference, and proposed otherwise.
 */
export function exceptUnequal(work: Work, group: Unequal): void {
  if (group.otherwise && !isRefused(work, group.otherwise)) {
    reopen(work, [group]);
    take(work, { ...group.otherwise, takenLast: true }, 'rule');
    return;
  }
  const { difference, missing, strength } = explainUnequal(group, work.rules);
  if (!missing) return except(work, difference);
  const without = new Set(missing.entries);
  const rest = { left: group.left.filter((e) => !without.has(e)), right: group.right.filter((e) => !without.has(e)) };
  const count = strength === 'exact' ? countedBy(work.rules, group.pass, rest) : undefined;
  const evidence = { fields: [...group.fields, ...(count ? [count] : [])], lag: null, rivals: 0 };
  const proven = count !== undefined || (isAutomatic(work.rules, group.pass) && isProvenMissing(group, missing, work.rules));
  const match: FoundMatch = {
    ...{ pass: group.pass, ...rest, difference: sumOf(rest.right) - sumOf(rest.left), takenLast: true },
    ...(proven ? { state: 'confirmed', evidence } : { state: 'proposed', evidence: { ...evidence, doubt: 'without_one' } }),
  };
  if (isRefused(work, match)) {
    // A person has said that the rest does not belong together: the whole group is open.
    except(work, { ...difference, left: group.left, right: group.right });
    return;
  }
  reopen(work, [group]);
  take(work, match, 'rule');
  except(work, difference);
}

function isAutomatic({ passes }: Rules, name: string): boolean {
  const pass = passes.find((one) => one.name === name);
  return pass !== undefined && 'confirm' in pass && pass.confirm === 'automatic';
}

/** The field in which a settlement gives the number of just these payments, or of the sales among them, by any pass that names it. */
function countedBy({ passes }: Rules, name: string, rest: Record<Side, readonly Entry[]>): string | undefined {
  const own = passes.find((one) => one.name === name);
  if (own?.kind !== 'settlement' || own.confirm !== 'automatic') return undefined;
  const [settlements, payments] = own.of === 'left' ? [rest.left, rest.right] : [rest.right, rest.left];
  const counts = [payments.length, payments.filter(({ minor }) => minor > 0).length].map(String);
  for (const pass of passes) {
    if (pass.kind !== 'settlement' || pass.of !== own.of || pass.count === undefined) continue;
    const says = settlements.length === 1 ? settlements[0]!.values[pass.count] : undefined;
    if (says && counts.includes(says)) return pass.count;
  }
  return undefined;
}
