import { counted } from '../../../core/text/counted.ts';
import type { Reconciliation } from '../../../reports/reconciliation/lines.ts';
import { textOfProblem } from '../../../core/errors.ts';
import { formatMoney } from '../../../core/money.ts';
import { visible, visibleLine } from '../../../core/text/visible.ts';
import { zonedTime } from '../../../core/time/zoned-time.ts';
import { keysText, reconciliationJson, statusWord } from '../../../reports/reconciliation/reconciliation.ts';
import { drillHints } from '../../../reports/output/drill.ts';
import { keyDrill, keyParts, STATE_DRILL } from '../../../reports/reconciliation/tables.ts';
import { reconciliationReasons } from '../../../reports/reconciliation/reasons.ts';
import { shapedJson } from '../../../reports/shapes/json.ts';
import { tableText } from '../../table.ts';

/** What reconciliations found, as a table or JSON. */
export function reconciliationText(list: readonly Reconciliation[], format: string, options: { all: boolean; zone: string }): string {
  if (format === 'json') return `${shapedJson('report reconciliation', { reconciliations: list.map(reconciliationJson) })}\n`;
  if (list.length === 0) return 'There are no reconciliations yet. Add a pipeline with reconcile:.\n';
  return visible(`${list.map((r) => tableOf(r, options)).join('\n\n')}\n`);
}

function tableOf(r: Reconciliation, options: { all: boolean; zone: string }): string {
  const head = `${r.pipeline}: ${r.left} and ${r.right}`;
  if (r.ranAt === null) return `${head}\nIt has not run yet: interlocal run ${r.pipeline}`;
  if (r.states.length > 0) return statesOf(r, head, options);
  const money = (minor: number | null, currency: string): string =>
    minor === null ? '' : `${formatMoney(minor, currency)}${currency === r.currency ? '' : ` ${currency}`}`;
  const shown = r.lines.filter((line) => line.depth > 0);
  const rows = [...shown, ...r.lines.filter((line) => line.depth === 0)].map((line) => {
    const name = line.depth === 0 ? 'Total' : `${'  '.repeat(line.depth - 1)}${line.key.at(-1) || '(empty)'}`;
    return [
      name,
      statusWord(line.status, r),
      money(line.left, line.currency),
      money(line.right, line.currency),
      line.status === 'unchecked' ? '' : money(line.difference, line.currency),
      (line.depth === r.keys.length && line.status !== 'matched') || line.status === 'unchecked' ? (line.reason ?? '') : '',
    ];
  });
  const { unchecked } = r.counts;
  const lines = shown.map((line) => ({
    ...keyParts(r.pipeline, line.key),
    difference: line.depth === r.keys.length ? line.difference : 0,
  }));
  const hints = drillHints({ rows: lines, drills: [keyDrill(r.keys.length)] });
  return [
    head,
    `Last run ${zonedTime(r.ranAt, options.zone)}: ${keysText(r.counts)}. Amounts in ${r.currency}; the difference is ${r.right} less ${r.left}${unchecked ? ', without what could not be checked' : ''}.`,
    ...(r.problems.length > 0 ? ['', ...r.problems.map(textOfProblem)] : []),
    '',
    tableText([r.keys.join(' › '), '', r.left, r.right, 'difference', 'why'], rows, [2, 3, 4]),
    ...hints.map(visibleLine),
    ...reasonLines(r, money),
    ...(options.all ? [] : ['', 'With --all also what is matched.']),
  ].join('\n');
}

/** Of passes: every record is in one state, and the states add up to the side. */
function statesOf(r: Reconciliation, head: string, { zone }: { zone: string }): string {
  const rows = (['left', 'right'] as const).flatMap((side) => {
    const own = r.states.filter((state) => state.side === side);
    return [...Map.groupBy(own, ({ currency }) => currency)].flatMap(([currency, list]) => [
      ...list.map((s) => [r[side], STATE_WORDS[s.state], s.records.toLocaleString('en-US'), formatMoney(s.minor, currency), currency]),
      [
        r[side],
        'total',
        list.reduce((sum, s) => sum + s.records, 0).toLocaleString('en-US'),
        formatMoney(
          list.reduce((sum, s) => sum + s.minor, 0),
          currency,
        ),
        currency,
      ],
    ]);
  });
  return [
    head,
    `Last run ${zonedTime(r.ranAt!, zone)}. Every record is in one state; interlocal exceptions list ${r.pipeline} and matches list ${r.pipeline} have them.`,
    ...(r.problems.length > 0 ? ['', ...r.problems.map(textOfProblem)] : []),
    '',
    tableText(['side', 'state', 'records', 'amount', ''], rows, [2, 3]),
    ...drillHints({ rows: r.states.map(({ side, state }) => ({ reconciliation: r.pipeline, side, state })), drills: [STATE_DRILL] }),
  ].join('\n');
}

const STATE_WORDS = {
  confirmed: 'matched',
  proposed: 'proposed',
  in_transit: 'on its way',
  excepted: 'in exceptions',
  out_of_scope: 'out of scope',
};

/** What several keys have in common is told once more, with how many there are. */
function reasonLines(r: Reconciliation, money: (minor: number | null, currency: string) => string): string[] {
  const several = reconciliationReasons(r).filter(({ keys }) => keys.length > 1);
  if (several.length === 0) return [];
  return [
    '',
    'Reasons shared by several',
    ...several.map(({ status, reason, currency, keys, difference }) =>
      visibleLine(
        `  ${counted(keys.length, 'key')}, ${statusWord(status, r)}${status === 'unchecked' ? '' : `, ${money(difference, currency)} ${currency}`}: ${reason}`,
      ),
    ),
  ];
}
