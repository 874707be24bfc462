import { tableText } from '../../../src/cli/table.ts';
import { counted } from '../../../src/core/text/counted.ts';
import { textOfProblem } from '../../../src/core/errors.ts';
import { formatMoney } from '../../../src/core/money.ts';
import { forAPersonText } from '../../../src/reports/outbound/deliveries.ts';
import { type RevenueRow, revenueReport } from '../../../src/reports/revenue/revenue.ts';
import type { Engine } from '../../../src/engine/run/run.ts';
import { type PipelineStatus, statusOf } from '../../../src/reports/status.ts';
import { readReconciliation, reconciliationIds } from '../../../src/reports/reconciliation/reconciliation.ts';
import { matchedKind } from '../../../src/engine/identity/matched.ts';
import { identityReport } from '../../../src/engine/identity/report.ts';
import { listRejects } from '../../../src/store/landing/rejects.ts';

/** What the last run of every pipeline brought, and how it stands with the town's money: for a person who sees it for the first time. */
export async function summaryOf(engine: Engine): Promise<string> {
  const all = await statusOf(engine);
  const inbound = all.filter((status) => engine.project.pipelines.get(status.pipeline)!.value.source);
  const parts = [
    cameIn(inbound),
    section('Rejected: records that cannot be used as they are', await rejectedNow(engine)),
    section('Refused: files that contradict themselves; nothing of them was taken', problemsOf(inbound)),
    section('Left where they are', notesOf(inbound, /is left for a later run/)),
    section('Delivered twice', notesOf(inbound, /the same content was loaded as/)),
    section('Residents', await residents(engine)),
    section('Sent to other systems', sent(engine, all)),
    section('Where the systems do not agree', await differences(engine)),
    section('Revenue by department and month', [revenueTable(await revenueReport(engine, { period: 'month' }))]),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** What the pipelines that carry corrections did last: for a person who sees it for the first time. */
export async function carriedText(engine: Engine): Promise<string> {
  const all = await statusOf(engine);
  const carrying = all.filter(({ pipeline }) => engine.project.pipelines.get(pipeline)!.value.deliver?.carry);
  return section('Carried to the other systems', [
    ...counts(sent(engine, carrying)),
    'Each correction went once to each of the other systems that keep the field.',
  ]);
}

/** Equal lines once, with how often they stood there. */
function counts(lines: readonly string[]): string[] {
  return [...Map.groupBy(lines, (line) => line)].map(([line, list]) => (list.length === 1 ? line : `${line} (${list.length} times)`));
}

async function residents(engine: Engine): Promise<string[]> {
  const report = await identityReport(engine, await matchedKind(engine, 'party'));
  const { source_records: records, golden_records: people, by_connection: systems, waiting } = report;
  return [
    `${counted(records, 'record')} of ${systems.length} systems are ${people.toLocaleString('en-US')} residents and organizations: ${counted(report.double_entries, 'double entry', 'double entries')} recognized.`,
    waiting.pairs === 0
      ? 'No pair waits for review.'
      : `${counted(waiting.pairs, 'pair')} may be one and ${waiting.pairs === 1 ? 'needs' : 'need'} review: npx interlocal review list`,
  ];
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [title, ...lines.map((line) => line.replace(/^/gm, '  '))].join('\n');
}

function cameIn(inbound: readonly PipelineStatus[]): string {
  const sum = (name: 'read' | 'created' | 'changed' | 'unchanged'): number =>
    inbound.reduce((n, { last_run: run }) => n + (run?.[name] ?? 0), 0);
  const fresh = sum('created') + sum('changed');
  if (fresh > 0)
    return `Came in: ${counted(sum('read'), 'record')}, of which ${sum('created').toLocaleString('en-US')} were new${sum('changed') ? ` and ${sum('changed').toLocaleString('en-US')} had changed` : ''}.`;
  const again = sum('unchanged');
  return `Nothing was entered twice: 0 records are new, 0 changed, and no file was read again.${again ? ` ${counted(again, 'record')} that their systems give again each time ${again === 1 ? 'was' : 'were'} recognized as unchanged.` : ''}`;
}

async function rejectedNow({ knex }: Engine): Promise<string[]> {
  const rejects = await listRejects(knex, { state: 'open', limit: 20 });
  return rejects.flatMap(({ pipeline, problems }) => problems.map((problem) => `${pipeline}: ${textOfProblem(problem)}`));
}

function problemsOf(inbound: readonly PipelineStatus[]): string[] {
  return inbound.flatMap(({ pipeline, last_run: run }) => (run?.problems ?? []).map((problem) => `${pipeline}: ${textOfProblem(problem)}`));
}

function notesOf(inbound: readonly PipelineStatus[], wanted: RegExp): string[] {
  return inbound.flatMap(({ pipeline, last_run: run }) =>
    (run?.notes ?? []).filter((note) => wanted.test(note)).map((note) => `${pipeline}: ${note}`),
  );
}

function sent(engine: Engine, all: readonly PipelineStatus[]): string[] {
  return all.flatMap(({ pipeline, last_run: run, outbound }) => {
    if (!outbound || !run) return [];
    const last = outbound.last_delivery;
    const again = last && last.prepared_at < run.started_at ? ['nothing was sent again.'] : [];
    const person = forAPersonText(outbound);
    const settle = outbound.to_settle
      ? ` Finance's edit report is in data/sample-town/finance-reports; then: npx interlocal deliver settle ${last!.id} --accepted`
      : '';
    const open = run.notes.filter((note) => note.includes(' is in no entry: '));
    const notes = run.notes.filter((note) => !open.includes(note));
    const entries = engine.project.pipelines.get(pipeline)!.value.deliver?.entries
      ? [
          `its journal entries: npx interlocal report journals.${open.length ? ` In no entry: ${counted(open.length, 'sum')} that ${open.length === 1 ? 'is' : 'are'} not reconciled; interlocal run ${pipeline} lists them.` : ''}`,
        ]
      : [];
    return [...notes, ...entries, ...again, ...(person ? [`needs attention: ${person}.${settle}`] : [])].map(
      (text) => `${pipeline}: ${text}`,
    );
  });
}

const MAX_DIFFERENCES = 4;

async function differences(engine: Engine): Promise<string[]> {
  const lines: string[] = [];
  for (const id of reconciliationIds(engine)) {
    const { keys, counts, lines: found } = await readReconciliation(engine, id);
    const differing = found.filter((line) => line.key.length === keys.length && line.difference !== 0);
    const total = counts.differs + counts.left_only + counts.right_only;
    if (total === 0) continue;
    lines.push(`${id}: ${counts.matched.toLocaleString('en-US')} agree, ${total} ${total === 1 ? 'does' : 'do'} not`);
    for (const { key, reason } of differing.slice(0, MAX_DIFFERENCES))
      lines.push(`  ${key.filter((part) => part !== '').join(', ')}: ${reason ?? ''}`);
    if (differing.length > MAX_DIFFERENCES)
      lines.push(`  … and ${differing.length - MAX_DIFFERENCES} more: interlocal report reconciliation ${id}`);
  }
  return lines;
}

function revenueTable(rows: readonly RevenueRow[]): string {
  const months = Map.groupBy(rows, (row) => `${row.department}\u001f${row.period}`);
  const total = (list: readonly RevenueRow[]): string[] => {
    const currency = list[0]!.currency;
    return (['amount', 'reconciled', 'unreconciled'] as const).map((name) =>
      formatMoney(
        list.reduce((sum, row) => sum + row[name], 0),
        currency,
      ),
    );
  };
  const lines = [...months.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, list]) => [...key.split('\u001f'), ...total(list)]);
  if (rows.length) lines.push(['total', '', ...total(rows)]);
  return tableText(['department', 'month', 'revenue', 'reconciled', 'not reconciled'], lines, [2, 3, 4]);
}
