import { counted } from '../../../core/text/counted.ts';
import { groupDigits } from '../../../core/text/digit-groups.ts';
import { type Command, Option } from 'commander';
import type { Decided, Decision } from '../../../engine/outbound/decide.ts';
import type { DecisionPlan } from '../../../engine/outbound/decision-plan.ts';
import { OUTBOX_STATES, type OutboxState } from '../../../reports/outbound/outbox-states.ts';
import type { Cli } from '../../cli.ts';
import { deliveryJson } from './json.ts';

interface Options {
  pipeline?: string;
  state?: OutboxState;
  reason?: string;
  yes?: boolean;
}

const YES = 'do it without asking';
const REASON = 'why, in a few words; it is kept on record';

/** `interlocal deliver approve | dismiss | retry | settle | undo` */
export function registerDecisions(cli: Cli, deliver: Command): void {
  decision('approve', 'Send records that wait for approval or are held, with the next run.');
  decision('dismiss', 'Do not send records that wait, are held, refused or rejected. They are kept on record. Needs --reason.');
  decision('retry', 'Send records again that were rejected or may not have arrived.');

  function decision(name: Decision, description: string): void {
    deliver
      .command(name)
      .argument('[records...]', 'ids of records, as deliver list shows them')
      .option('--pipeline <pipeline>', 'all records of this pipeline that allow it')
      .addOption(new Option('--state <state>', 'with --pipeline: only those in this state').choices(OUTBOX_STATES))
      .option('--reason <text>', REASON)
      .option('--yes', YES)
      .description(description)
      .action(async (texts: string[], options: Options) => {
        const { withTown } = await import('../../town.ts');
        const { decide, wouldDecide } = await import('../../../engine/outbound/decide.ts');
        const { planOf } = await import('../../../engine/outbound/decision-plan.ts');
        const { confirmed, reasonOf } = await import('../../confirm.ts');
        const { idsOf, knownPipeline } = await import('../../known.ts');
        await eitherOr(texts.length > 0, options.pipeline !== undefined, 'Name records by their ids, or a pipeline with --pipeline.');
        if (options.state) await eitherOr(options.pipeline !== undefined, false, '--state goes with --pipeline.');
        const ids = idsOf(texts);
        await withTown(cli, async (engine) => {
          await knownPipeline(engine, options.pipeline);
          const what =
            options.pipeline === undefined
              ? { ids }
              : { pipeline: options.pipeline, ...(options.state ? { states: [options.state] } : {}) };
          const would = await wouldDecide(engine.knex, name, what);
          const plan = await planOf(engine.project, engine.knex, would.done, name === 'retry');
          const needed = would.done.length > 1 || plan.warnings.length > 0 || (options.pipeline !== undefined && would.done.length > 0);
          if (needed && !(await confirmed(cli, { lines: planLines(plan), question: question(name, plan), yes: options.yes })))
            return said(cli, { done: [], left: would.done }, 'Nothing was changed.');
          const reason =
            name === 'dismiss' && would.done.length ? await reasonOf(cli, options.reason, 'they are dismissed') : options.reason;
          // What was looked at, and nothing that came since.
          const done = would.done.length
            ? await decide(engine.knex, name, { ids: would.done.map((row) => row.id) }, undefined, reason)
            : { done: [], left: [] };
          said(
            cli,
            { done: done.done, left: [...done.left, ...would.left] },
            `${counted(done.done.length, 'record')} ${PAST[name](done.done.length === 1 ? 'it' : 'them')}.`,
            ids.length > 0,
          );
        });
      });
  }

  deliver
    .command('settle')
    .argument('<delivery>', 'its id, as deliver sent shows it')
    .option('--accepted', 'the other system has it')
    .option('--rejected', 'the other system did not take it; needs --reason')
    .option('--number <number>', 'with --accepted: the number that the other system gave it, such as that of a journal')
    .option('--reason <text>', REASON)
    .option('--yes', YES)
    .description('Record what became of a delivery when only a person can see it. deliver undo takes it back.')
    .action(async (text: string, options: { accepted?: boolean; rejected?: boolean; number?: string; reason?: string; yes?: boolean }) => {
      const { withTown } = await import('../../town.ts');
      const { settleByPerson, toSettleByPerson } = await import('../../../engine/outbound/decide.ts');
      const { planOf } = await import('../../../engine/outbound/decision-plan.ts');
      const { confirmed, reasonOf } = await import('../../confirm.ts');
      const { idsOf } = await import('../../known.ts');
      await eitherOr(options.accepted === true, options.rejected === true, 'Use either --accepted or --rejected.');
      const number = await numberOf(options);
      const id = idsOf([text])[0]!;
      await withTown(cli, async (engine) => {
        const { delivery, open } = await toSettleByPerson(engine.knex, id);
        const reason = options.rejected ? await reasonOf(cli, options.reason, 'it is rejected') : options.reason;
        const plan = await planOf(engine.project, engine.knex, open, options.rejected === true);
        const lines = [`Delivery #${delivery.id}, ${delivery.name}, to ${delivery.connection}.${delivery.sink}.`, ...planLines(plan)];
        const question = `Is it ${options.rejected ? 'rejected' : 'accepted'}?`;
        // That it was accepted sends nothing again; what was rejected may be.
        if (options.rejected && !(await confirmed(cli, { lines, question, yes: options.yes }))) {
          cli.setExit(1);
          return cli.print('deliver settle', deliveryJson(delivery), () => 'Nothing was changed.');
        }
        const settled = await settleByPerson(engine.knex, id, options.accepted === true, reason, undefined, number);
        cli.print(
          'deliver settle',
          deliveryJson(settled),
          () =>
            `#${settled.id} ${settled.name} is ${settled.state}.\n${planWords(plan)}. To take that back, run interlocal deliver undo --delivery ${settled.id} --reason TEXT.`,
        );
      });
    });

  deliver
    .command('undo')
    .argument('[records...]', 'ids of records that a person decided on')
    .option('--delivery <delivery>', 'the records of this delivery, which a person settled')
    .option('--reason <text>', REASON)
    .option('--yes', YES)
    .description('Take back what a person decided: approved, dismissed, retried or settled. Records already sent are not recalled.')
    .action(async (texts: string[], options: { delivery?: string; reason?: string; yes?: boolean }) => {
      const { withTown } = await import('../../town.ts');
      const { undo, wouldUndo } = await import('../../../engine/outbound/undo.ts');
      const { planOf } = await import('../../../engine/outbound/decision-plan.ts');
      const { confirmed, reasonOf } = await import('../../confirm.ts');
      const { idsOf } = await import('../../known.ts');
      await eitherOr(texts.length > 0, options.delivery !== undefined, 'Name records by their ids, or a delivery with --delivery.');
      const ids = idsOf(texts);
      const delivery = options.delivery === undefined ? undefined : idsOf([options.delivery])[0]!;
      await withTown(cli, async (engine) => {
        const would = await wouldUndo(engine.knex, delivery === undefined ? { ids } : { delivery });
        if (would.done.length === 0) return said(cli, would, 'There is nothing to take back.', true, NOT_UNDONE);
        const reason = await reasonOf(cli, options.reason, 'it is taken back');
        const plan = await planOf(engine.project, engine.knex, would.done, false);
        if (would.done.length > 1 && !(await confirmed(cli, { lines: planLines(plan), question: 'Take it back?', yes: options.yes })))
          return said(cli, { done: [], left: would.done }, 'Nothing was changed.');
        const result = await undo(engine.knex, { ids: would.done.map((row) => row.id) }, reason);
        // Of a delivery, what a person did not settle was not meant.
        const left = delivery === undefined ? [...result.left, ...would.left] : result.left;
        said(cli, { done: result.done, left }, `${counted(result.done.length, 'decision')} taken back.`, true, NOT_UNDONE);
      });
    });
}

const PAST: Record<Decision, (them: string) => string> = {
  approve: (them) => `approved; the next run sends ${them}`,
  dismiss: () => 'dismissed',
  retry: (them) => `queued again; the next run sends ${them}`,
};

const NOT_UNDONE = 'no person decided about it, so there is nothing to take back';

function said(
  cli: Cli,
  { done, left }: Decided,
  text: string,
  tellLeft = false,
  why = 'that is not possible for a record in this state',
): void {
  if (left.length && (tellLeft || done.length === 0)) cli.setExit(1);
  cli.print('deliver approve', { done: done.map((row) => row.id), left: left.map((row) => row.id) }, () =>
    [text, ...(tellLeft ? left.map((row) => `#${row.id} is ${row.latest ? row.state : 'not the newest of its key'}: ${why}.`) : [])].join(
      '\n',
    ),
  );
}

/** `3 records of receipts-to-ledger, rejected: Amount 1,222.50` */
function planLines({ of, warnings }: DecisionPlan): string[] {
  return [
    ...of.map((part) => `${counted(part.records, 'record')} of ${part.pipeline}, ${part.state}${totalsWords(part.totals)}.`),
    ...warnings.map((warning) => `Warning: ${warning}`),
  ];
}

function planWords({ of }: DecisionPlan): string {
  return of.map((part) => `${counted(part.records, 'record')}${totalsWords(part.totals)}`).join('; ');
}

function totalsWords(totals: Readonly<Record<string, string>>): string {
  const sums = Object.entries(totals).map(([name, sum]) => `${name} ${groupDigits(sum)}`);
  return sums.length ? `: ${sums.join(', ')}` : '';
}

function question(name: Decision, { records }: DecisionPlan): string {
  const verb = { approve: 'Send', dismiss: 'Dismiss', retry: 'Send again' }[name];
  return `${verb} ${records === 1 ? 'this record' : `these ${records.toLocaleString('en-US')} records`}?`;
}

/** A number is given to what was accepted. */
async function numberOf({ accepted, number }: { accepted?: boolean; number?: string }): Promise<string | undefined> {
  if (number === undefined) return undefined;
  const plain = number.trim();
  if (accepted && plain !== '' && plain.length <= 100) return plain;
  const { ConfigError } = await import('../../../core/errors.ts');
  throw new ConfigError({
    code: 'USAGE',
    place: { path: '--number' },
    message: accepted
      ? '--number needs 1 to 100 characters.'
      : '--number is the number that the remote system gave to a record it accepted, so it goes with --accepted.',
    hint: 'Write it such as: interlocal deliver settle DELIVERY --accepted --number JE-4711.',
  });
}

async function eitherOr(one: boolean, other: boolean, message: string): Promise<void> {
  if (one !== other) return;
  const { ConfigError } = await import('../../../core/errors.ts');
  throw new ConfigError({
    code: 'USAGE',
    place: {},
    message,
    hint: 'To see the numbers, run interlocal deliver list (records) or interlocal deliver sent (deliveries).',
  });
}
