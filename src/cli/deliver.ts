import { Option } from 'commander';
import type { Decision } from '../engine/outbound/decide.ts';
import type { Delivery } from '../store/deliveries.ts';
import type { OutboxRow, OutboxState } from '../store/outbox.ts';
import { type Cli, wholeNumber } from './cli.ts';
import { plural, tableText } from './table.ts';

/** States in which somebody may have to do something. */
const WAITING: readonly OutboxState[] = ['shadow', 'review', 'queued', 'held', 'unknown', 'rejected', 'refused'];
const STATES = [...WAITING, 'sending', 'sent', 'acknowledged', 'accepted', 'dismissed', 'withdrawn'] as const;

/** `interlocal deliver list | sent | show | approve | dismiss | retry | settle` */
export function registerDeliver(cli: Cli): void {
  const deliver = cli.program
    .command('deliver')
    .description('What goes to other systems: what waits, what was sent, and what became of it.');

  deliver
    .command('list')
    .argument('[pipeline]')
    .addOption(new Option('--state <state>', 'only records in this state; otherwise all that wait for something').choices(STATES))
    .option('--limit <n>', 'how many', wholeNumber, 200)
    .description('Records of the outbox, with the reason why they wait.')
    .action(async (pipeline: string | undefined, options: { state?: OutboxState; limit: number }) => {
      const { withTown } = await import('./town.ts');
      const { listOutbox } = await import('../store/outbox.ts');
      const { namesOfKeyless } = await import('../engine/outbound/known-by.ts');
      await withTown(cli, async ({ knex, project }) => {
        const states = options.state ? [options.state] : WAITING;
        const rows = await listOutbox(knex, { pipeline, states, latest: true, limit: options.limit });
        const names = await namesOfKeyless(knex, project, rows);
        const { textOfProblem } = await import('../core/errors.ts');
        cli.print({ records: rows.map((row) => recordJson(row, names)) }, () =>
          rows.length ? rows.map((row) => lineOf(row, names, textOfProblem)).join('\n') : 'Nothing waits.',
        );
      });
    });

  deliver
    .command('sent')
    .argument('[pipeline]')
    .option('--limit <n>', 'how many', wholeNumber, 50)
    .description('Files, requests and statements that were sent, the newest first, and what became of them.')
    .action(async (pipeline: string | undefined, options: { limit: number }) => {
      const { withTown } = await import('./town.ts');
      const { listDeliveries } = await import('../store/deliveries.ts');
      await withTown(cli, async ({ knex }) => {
        const list = await listDeliveries(knex, { pipeline, limit: options.limit, newestFirst: true });
        cli.print({ deliveries: list.map(deliveryJson) }, () =>
          list.length === 0
            ? 'Nothing was sent yet.'
            : tableText(
                ['id', 'sent', 'pipeline', 'to', 'name', 'records', 'totals', 'state'],
                list.map((d) => [
                  String(d.id),
                  (d.sentAt ?? '').slice(0, 19).replace('T', ' '),
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
    .description('One delivery with its records and what the other side said. It may hold personal data.')
    .action(async (id: string) => {
      const { withTown } = await import('./town.ts');
      const { listDeliveries } = await import('../store/deliveries.ts');
      const { listOutbox } = await import('../store/outbox.ts');
      const { namesOfKeyless } = await import('../engine/outbound/known-by.ts');
      const { ConfigError, textOfProblem } = await import('../core/errors.ts');
      await withTown(cli, async ({ knex, project }) => {
        const [delivery] = await listDeliveries(knex, { id: numberOf(id) });
        if (!delivery)
          throw new ConfigError({
            code: 'DELIVERY_UNKNOWN_ID',
            place: {},
            message: `There is no delivery ${id}.`,
            hint: 'interlocal deliver sent shows them.',
          });
        const rows = await listOutbox(knex, { delivery: delivery.id });
        const names = await namesOfKeyless(knex, project, rows);
        cli.print({ ...deliveryJson(delivery), records_sent: rows.map((row) => ({ ...recordJson(row, names), values: row.values })) }, () =>
          [
            `#${delivery.id} ${delivery.name} to ${delivery.connection}.${delivery.sink}: ${delivery.state}, ${plural(delivery.records, 'record')}${totalsText(delivery) ? `, ${totalsText(delivery)}` : ''}`,
            ...(delivery.sha256 ? [`    sha-256 ${delivery.sha256}`] : []),
            ...(delivery.answer ? [`    answer: ${delivery.answer}`] : []),
            ...rows.map((row) => `${lineOf(row, names, textOfProblem)}\n    ${JSON.stringify(row.values)}`),
          ].join('\n'),
        );
      });
    });

  decision('approve', 'Send records that wait for approval or are held, with the next run.');
  decision('dismiss', 'Do not send records that wait, are held, refused or rejected. They stay on record.');
  decision('retry', 'Send records once more that were rejected, or of which nobody knows whether they arrived.');

  function decision(name: Decision, description: string): void {
    deliver
      .command(name)
      .argument('[records...]', 'ids of records, as deliver list shows them')
      .option('--pipeline <pipeline>', 'all records of this pipeline for which it can be done')
      .addOption(new Option('--state <state>', 'with --pipeline: only those in this state').choices(STATES))
      .description(description)
      .action(async (ids: string[], options: { pipeline?: string; state?: OutboxState }) => {
        const { withTown } = await import('./town.ts');
        const { decide } = await import('../engine/outbound/decide.ts');
        const { ConfigError } = await import('../core/errors.ts');
        if ((ids.length === 0) === (options.pipeline === undefined))
          throw new ConfigError({
            code: 'USAGE',
            place: {},
            message: 'Name records by their ids, or a pipeline with --pipeline.',
            hint: 'interlocal deliver list shows both.',
          });
        await withTown(cli, async ({ knex }) => {
          const { done, left } = await decide(
            knex,
            name,
            options.pipeline === undefined
              ? { ids: ids.map(numberOf) }
              : { pipeline: options.pipeline, ...(options.state ? { states: [options.state] } : {}) },
          );
          if (left.length && ids.length) cli.setExit(1);
          cli.print({ done: done.map((row) => row.id), left: left.map((row) => row.id) }, () =>
            [
              `${plural(done.length, 'record')} ${PAST[name]}.`,
              ...(ids.length
                ? left.map((row) => `#${row.id} is ${row.latest ? row.state : 'not the newest of its key'}: this cannot be done with it.`)
                : []),
            ].join('\n'),
          );
        });
      });
  }

  deliver
    .command('settle')
    .argument('<delivery>', 'its id, as deliver sent shows it')
    .option('--accepted', 'the other side has it')
    .option('--rejected', 'the other side did not take it')
    .option('--reason <text>', 'why')
    .description('Say what became of a delivery, where only a person can see it.')
    .action(async (id: string, options: { accepted?: boolean; rejected?: boolean; reason?: string }) => {
      const { withTown } = await import('./town.ts');
      const { settleByPerson } = await import('../engine/outbound/decide.ts');
      const { ConfigError } = await import('../core/errors.ts');
      if (options.accepted === options.rejected)
        throw new ConfigError({ code: 'USAGE', place: {}, message: 'Say one of --accepted and --rejected.' });
      await withTown(cli, async ({ knex }) => {
        const delivery = await settleByPerson(knex, numberOf(id), options.accepted === true, options.reason);
        cli.print(deliveryJson(delivery), () => `#${delivery.id} ${delivery.name} is ${delivery.state}.`);
      });
    });
}

const PAST: Record<Decision, string> = {
  approve: 'approved; the next run sends them',
  dismiss: 'dismissed',
  retry: 'queued again; the next run sends them',
};

function numberOf(id: string): number {
  return Number(id.replace('#', ''));
}

function lineOf(
  row: OutboxRow,
  names: ReadonlyMap<number, string>,
  textOfProblem: (problem: OutboxRow['problems'][number]) => string,
): string {
  const what = row.operation === 'delete' ? ' (deletion)' : row.version > 1 ? ` (version ${row.version})` : '';
  return [
    `#${row.id} ${row.pipeline} ${names.get(row.id) ?? row.key}${what}: ${row.state}`,
    ...row.problems.map((p) => `    ${textOfProblem(p)}`),
  ].join('\n');
}

function totalsText({ totals }: Delivery): string {
  return Object.entries(totals)
    .map(([field, sum]) => `${field} ${sum}`)
    .join(', ');
}

/** The contract of `deliver list --json`, docs/json.md; `names` are of rows without a key. */
export function recordJson(row: OutboxRow, names: ReadonlyMap<number, string>): Record<string, unknown> {
  const { id, pipeline, key, version, operation, state, golden, delivery, problems } = row;
  return {
    id,
    pipeline,
    key: JSON.parse(key) as unknown,
    known_by: names.get(id) ?? null,
    version,
    operation,
    state,
    record: golden,
    delivery,
    problems,
    changed_at: row.changedAt,
  };
}

/** The contract of `deliver sent --json`, docs/json.md. */
export function deliveryJson(d: Delivery): Record<string, unknown> {
  const { id, pipeline, connection, sink, name, day, sequence, state, records, totals, sha256, answer, problems } = d;
  return {
    id,
    pipeline,
    connection,
    sink,
    name,
    day,
    sequence,
    state,
    records,
    totals,
    sha256,
    prepared_at: d.preparedAt,
    sent_at: d.sentAt,
    answered_at: d.answeredAt,
    answer,
    problems,
  };
}
