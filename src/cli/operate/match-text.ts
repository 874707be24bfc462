import type { Project } from '../../config/project.ts';
import { counted } from '../../core/text/counted.ts';
import { visibleLine } from '../../core/text/visible.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import type { MatchLine } from '../../engine/reconciliation/matches.ts';

/** A match in one line: what it is made of, what it comes to, and how it stands. */
export function matchText(m: MatchLine, project: Project): string {
  const [left, right] = sideNames(m, project);
  const difference = m.difference === '0.00' ? '' : `, difference ${m.difference}`;
  return visibleLine(
    `${m.id.slice(0, 8)}  ${m.pipeline}: ${m.left.length} of ${left}, ${m.right.length} of ${right}, ${m.right_amount} ${m.currency}${difference} (${m.state}; ${m.rule})`,
  );
}

/** A match with its records, why it was made, and its history. */
export function matchInFull(
  m: MatchLine,
  events: readonly { at: string; actor: string; action: string; detail: Readonly<Record<string, unknown>> }[],
  project: Project,
): string {
  const [left, right] = sideNames(m, project);
  const zone = project.config.town.time_zone;
  const id = m.id.slice(0, 8);
  return [
    matchText(m, project),
    ...m.left.map((r) => visibleLine(`    ${left}: ${r.connection} ${r.key}, ${r.amount}`)),
    ...m.right.map((r) => visibleLine(`    ${right}: ${r.connection} ${r.key}, ${r.amount}`)),
    ...evidenceOf(m.evidence).map((text) => visibleLine(`    ${text}`)),
    ...(m.state === 'proposed'
      ? [`    It needs review: interlocal matches confirm ${id} --reason TEXT, or interlocal matches revoke ${id} --reason TEXT`]
      : []),
    ...events.map((e) => visibleLine(`    ${zonedTime(e.at, zone)} ${e.actor}: ${e.action}${detailText(e.detail)}`)),
  ].join('\n');
}

function sideNames({ pipeline }: MatchLine, project: Project): [string, string] {
  const sides = project.pipelines.get(pipeline)?.value.reconcile;
  return [sides?.left.name ?? 'the left side', sides?.right.name ?? 'the right side'];
}

const DOUBTS: Readonly<Record<string, string>> = {
  suggested: 'Only proposed, because its pass is set to propose (confirm: suggest).',
  by_chance: 'Only proposed, because amounts like these may agree by chance.',
  balance: 'Only proposed, because nothing but the sums agrees.',
  several: 'Only proposed, because its records have several numbers, and it is not known which of them belong together.',
  equal:
    'Only proposed, because a record that has lost its number has the same amount as one of these, and nothing else matches it: either may be the one that belongs here.',
  without_one: 'Only proposed, because other records of its group do not fit; they are an exception of their own.',
};

/** What agreed, how far apart it is, and why it is only proposed. */
function evidenceOf({ fields, lag, rivals, doubt }: Readonly<Record<string, unknown>>): string[] {
  return [
    ...(Array.isArray(fields) && fields.length > 0 ? [`Agrees in: ${fields.join(', ')}`] : []),
    ...(typeof lag === 'number' ? [`Apart: ${counted(lag, 'business day')}`] : []),
    ...(typeof rivals === 'number' && rivals > 0 ? [`Would have fit as well: ${counted(rivals, 'other record')}`] : []),
    ...(typeof doubt === 'string' ? [DOUBTS[doubt] ?? `Only proposed: ${doubt}.`] : []),
  ];
}

function detailText({ rule, run, reason, by_hand: byHand }: Readonly<Record<string, unknown>>): string {
  const how = [
    ...(byHand === true ? ['by hand'] : []),
    ...(typeof rule === 'string' ? [`by ${rule}`] : []),
    ...(typeof run === 'number' ? [`in run ${run}`] : []),
  ].join(' ');
  return `${how === '' ? '' : ` ${how}`}${typeof reason === 'string' ? `: ${reason}` : ''}`;
}
