import type { Compared } from './compared.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import { formatMoney } from '../../core/money.ts';

/** What both sides are called. */
export type SideNames = { left: Pick<ReconciliationConfig['left'], 'name'>; right: Pick<ReconciliationConfig['right'], 'name'> };

/**
 * One plain sentence about a leaf or a roll-up: "payments_summary.csv says 590.00, loaded payments add up to 570.00:
 * 20.00 less". `currency` decides the decimals.
 */
export function explainLeaf(line: Compared, names: SideNames, currency: string): string {
  const [left, right] = [names.left.name, names.right.name];
  const amount = (minor: number): string => formatMoney(minor, currency);
  if (line.status === 'unchecked') return explainUnchecked(line, left, right, amount);
  const inside = explainInside(line);
  if (line.left !== null && line.left === line.right) return `${left} and ${right} agree: ${amount(line.left)}${inside}`;
  const by =
    line.difference === 0
      ? 'no money, but a record on one side only'
      : `${amount(Math.abs(line.difference))} ${line.difference < 0 ? 'less' : 'more'}`;
  return `${says(left, line.left, line.leftCount, amount)}, ${says(right, line.right, line.rightCount, amount)}: ${by}${inside}`;
}

function explainUnchecked(line: Compared, left: string, right: string, amount: (minor: number) => string): string {
  if (line.held !== undefined) return `${left} and ${right} both say ${amount(line.left ?? 0)}, but ${line.held}`;
  const [here, there] = line.right === null ? [left, right] : [right, left];
  if (line.unknownDepth !== undefined) return `${shown(line.key.slice(0, line.unknownDepth))} has no ${there} to check against`;
  if (line.leaves)
    return `${line.leaves.unchecked} of ${count(line)} inside were not checked${line.leaves.matched ? '; the others agree' : ''}`;
  return `${shown(line.key)} is in ${here} only, with ${amount((line.left ?? line.right)!)}; it is not required in ${there}`;
}

/** Sums that agree say nothing as long as something inside differs. */
function explainInside(line: Compared): string {
  if (!line.leaves) return '';
  const wrong = line.leaves.differs + line.leaves.left_only + line.leaves.right_only;
  if (wrong === 0) return '';
  return `${line.left === line.right ? ', but' : ','} ${wrong} of ${count(line)} inside ${wrong === 1 ? 'differs' : 'differ'}`;
}

function count({ leaves }: Compared): number {
  return Object.values(leaves ?? {}).reduce((sum, n) => sum + n, 0);
}

function says(name: string, minor: number | null, records: number, amount: (minor: number) => string): string {
  const plural = /[^s]s$/.test(name);
  if (minor === null) return `${name} ${plural ? 'have' : 'has'} nothing`;
  return `${name} ${plural ? 'add up to' : records === 1 ? 'says' : 'adds up to'} ${amount(minor)}`;
}

function shown(key: readonly string[]): string {
  return key.map((part) => part || '(empty)').join(' · ');
}
