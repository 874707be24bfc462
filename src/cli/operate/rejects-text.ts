import { counted } from '../../core/text/counted.ts';
import { groupDigits } from '../../core/text/digit-groups.ts';
import { textOfProblem } from '../../core/errors.ts';
import { visibleLine } from '../../core/text/visible.ts';
import type { RejectFacts, RejectGroup } from '../../reports/reject-facts.ts';
import { tableText } from '../table.ts';

/** Rejected records for a terminal: what is wrong is told once, and below it each record with key, date and amount. */
export function groupText(group: RejectGroup): string {
  const [first] = group.rejects;
  if (group.rejects.length === 1 && first)
    return [
      visibleLine(`#${first.reject.id} ${group.pipeline}${factsText(first)}`),
      ...group.problems.map((p) => `    ${textOfProblem(p)}`),
    ].join('\n');
  const rows = group.rejects.map(({ reject, key, date, amount, currency }) => [
    `#${reject.id}`,
    placeOf(reject),
    key ?? '',
    date ?? '',
    amount ?? '',
    currency ?? '',
  ]);
  return [
    `${counted(group.rejects.length, 'record')} of ${group.pipeline}${totalsText(group)}`,
    ...group.problems.map((p) => `    ${textOfProblem({ ...p, place: p.place.path === undefined ? {} : { path: p.place.path } })}`),
    ...tableText(['no.', 'where', 'key', 'date', 'amount', ''], rows, [4])
      .split('\n')
      .map((line) => `    ${line}`),
  ].join('\n');
}

/** `: 1,250.00 USD`, and how many have no amount. */
export function totalsText({ totals, withoutAmount, rejects }: Pick<RejectGroup, 'totals' | 'withoutAmount' | 'rejects'>): string {
  const sums = Object.entries(totals).map(([currency, sum]) => `${groupDigits(sum)} ${currency}`);
  const without = withoutAmount > 0 && withoutAmount < rejects.length ? [`${withoutAmount} without an amount that can be read`] : [];
  return sums.length ? `: ${[...sums, ...without].join(', ')}` : '';
}

function factsText({ key, date, amount, currency }: RejectFacts): string {
  const facts = [
    ...(key === null ? [] : [`key ${key}`]),
    ...(date ? [date] : []),
    ...(amount ? [currency ? `${groupDigits(amount)} ${currency}` : amount] : []),
  ];
  return facts.length ? `, ${facts.join(', ')}` : '';
}

function placeOf({ file, line, record }: RejectFacts['reject']): string {
  if (file === null) return `record ${record}`;
  return line === null ? `${file}, record ${record}` : `${file}:${line}`;
}
