import { counted } from '../../../core/text/counted.ts';
import { Option } from 'commander';
import { sameProblem } from '../../../core/grouped-problems.ts';
import { visibleLine } from '../../../core/text/visible.ts';
import { zonedTime } from '../../../core/time/zoned-time.ts';
import { OUTBOX_STATES, type OutboxState } from '../../../reports/outbound/outbox-states.ts';
import type { Delivery, OutboxRow } from '../../../reports/outbound/outgoing.ts';
import { type Cli, countOption } from '../../cli.ts';
import { registerDecisions } from './decide.ts';
import { registerDeliverPreview } from './preview.ts';
import { deliveryJson, recordJson } from './json.ts';
import { tableText } from '../../table.ts';

/** States in which somebody may have to do something. */
const WAITING: readonly OutboxState[] = ['shadow', 'review', 'queued', 'held', 'unknown', 'rejected', 'refused'];

/** `interlocal deliver PIPELINE --preview`, `interlocal deliver list | sent | show | approve | dismiss | retry | settle | undo` */
export function registerDeliver(cli: Cli): void {
  const deliver = cli.program
    .command('deliver')
    .description('Records for other systems: what is waiting, what was sent, and what became of it.');

  deliver
    .command('list')
    .argument('[pipeline]')
    .addOption(new Option('--state <state>', 'only records in this state (default: all that are waiting)').choices(OUTBOX_STATES))
    .option('--limit <n>', 'how many', countOption, 200)
    .description('List the records that wait to be sent to other systems, and why each is waiting.')
    .action(async (pipeline: string | undefined, options: { state?: OutboxState; limit: number }) => {
      const { withTown } = await import('../../town.ts');
      const { outgoingRecords } = await import('../../../reports/outbound/outgoing.ts');
      const { knownPipeline } = await import('../../known.ts');
      await withTown(cli, async (engine) => {
        await knownPipeline(engine, pipeline);
        const states = options.state ? [options.state] : WAITING;
        const { rows, names } = await outgoingRecords(engine, { pipeline, states, latest: true, limit: options.limit });
        const { textOfProblem } = await import('../../../core/errors.ts');
        cli.print('deliver list', { records: rows.map((row) => recordJson(row, names)) }, () =>
          rows.length
            ? linesOf(rows, names, textOfProblem).join('\n')
            : options.state
              ? `No record is ${options.state}.`
              : 'Nothing waits.',
        );
      });
    });

  deliver
    .command('sent')
    .argument('[pipeline]')
    .option('--limit <n>', 'how many', countOption, 50)
    .description('List the files, requests and statements that were sent, newest first, and what became of them.')
    .action(async (pipeline: string | undefined, options: { limit: number }) => {
      const { withTown } = await import('../../town.ts');
      const { sentDeliveries } = await import('../../../reports/outbound/outgoing.ts');
      const { knownPipeline } = await import('../../known.ts');
      await withTown(cli, async (engine) => {
        await knownPipeline(engine, pipeline);
        const zone = engine.project.config.town.time_zone;
        const list = await sentDeliveries(engine, { pipeline, limit: options.limit });
        cli.print('deliver sent', { deliveries: list.map(deliveryJson) }, () =>
          list.length === 0
            ? 'Nothing was sent yet.'
            : tableText(
                ['id', 'sent', 'pipeline', 'to', 'name', 'records', 'totals', 'state'],
                list.map((d) => [
                  String(d.id),
                  d.sentAt === null ? '' : zonedTime(d.sentAt, zone),
                  d.pipeline,
                  `${d.connection}.${d.sink}`,
                  d.name,
                  String(d.records),
                  totalsText(d),
                  d.state,
                ]),
                [5],
              ),
        );
      });
    });

  deliver
    .command('show')
    .argument('<delivery>', 'its id, as deliver sent shows it')
    .description('One delivery with its records and what the other system said. It may hold personal data.')
    .action(async (id: string) => {
      const { withTown } = await import('../../town.ts');
      const { deliveryWithRecords } = await import('../../../reports/outbound/outgoing.ts');
      const { textOfProblem } = await import('../../../core/errors.ts');
      const { idsOf } = await import('../../known.ts');
      const number = idsOf([id])[0]!;
      await withTown(cli, async (engine) => {
        const { delivery, rows, names } = await deliveryWithRecords(engine, number);
        const zone = engine.project.config.town.time_zone;
        cli.print(
          'deliver show',
          { ...deliveryJson(delivery), records_sent: rows.map((row) => ({ ...recordJson(row, names), values: row.values })) },
          () =>
            [
              visibleLine(
                `#${delivery.id} ${delivery.name} to ${delivery.connection}.${delivery.sink}: ${delivery.state}, ${counted(delivery.records, 'record')}${totalsText(delivery) ? `, ${totalsText(delivery)}` : ''}`,
              ),
              ...(delivery.sha256 ? [`    sha-256 ${delivery.sha256}`] : []),
              ...(delivery.sentAt ? [`    sent ${zonedTime(delivery.sentAt, zone)}`] : []),
              ...(delivery.answeredAt ? [`    answered ${zonedTime(delivery.answeredAt, zone)}`] : []),
              ...(delivery.answer ? [`    answer: ${visibleLine(delivery.answer)}`] : []),
              ...rows.map((row) => `${lineOf(row, names, textOfProblem)}\n    ${JSON.stringify(row.values)}`),
            ].join('\n'),
        );
      });
    });

  registerDeliverPreview(cli, deliver);
  registerDecisions(cli, deliver);
}

/** Records that wait for the same reason are listed under it, so it is read once. */
function linesOf(rows: readonly OutboxRow[], ...[names, textOfProblem]: Rest): string[] {
  const groups = Map.groupBy(rows, (row) => `${row.pipeline} ${row.state} ${row.problems.map(sameProblem).join(' ')}`);
  return [...groups.values()].flatMap((list) => {
    const [first] = list;
    if (list.length === 1 || first!.problems.length === 0) return list.map((row) => lineOf(row, names, textOfProblem));
    return [
      `${counted(list.length, 'record')} of ${first!.pipeline}, ${first!.state}:`,
      ...first!.problems.map((p) => `    ${textOfProblem({ ...p, place: {} })}`),
      ...list.map((row) => `    ${lineOf({ ...row, problems: [] }, names, textOfProblem)}`),
    ];
  });
}

type Rest = [names: ReadonlyMap<number, string>, textOfProblem: (problem: OutboxRow['problems'][number]) => string];

function lineOf(
  row: OutboxRow,
  names: ReadonlyMap<number, string>,
  textOfProblem: (problem: OutboxRow['problems'][number]) => string,
): string {
  const what = row.operation === 'delete' ? ' (deletion)' : row.version > 1 ? ` (version ${row.version})` : '';
  return [
    visibleLine(
      `#${row.id} ${row.pipeline} ${names.get(row.id) ?? row.key}${what}: ${row.state}${row.theirNumber === null ? '' : `, number ${row.theirNumber}`}${decisionText(row)}`,
    ),
    ...row.problems.map((p) => `    ${textOfProblem(p)}`),
  ].join('\n');
}

/** What a person decided, as long as it is why the record is where it is. */
function decisionText({ decision, state }: OutboxRow): string {
  if (!decision || !['dismissed', 'accepted', 'rejected'].includes(state)) return '';
  return `, as ${decision.by} decided${decision.reason ? `: ${decision.reason}` : ''}`;
}

function totalsText({ totals }: Delivery): string {
  return Object.entries(totals)
    .map(([field, sum]) => `${field} ${sum}`)
    .join(', ');
}
