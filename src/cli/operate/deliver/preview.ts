import type { Command } from 'commander';
import { counted } from '../../../core/text/counted.ts';
import { EXIT_CODES } from '../../../core/outcome.ts';
import type { Value } from '../../../core/record.ts';
import { visibleLine } from '../../../core/text/visible.ts';
import type { HeldBack } from '../../../engine/outbound/carry/field.ts';
import type { DeliveryPreview, PreviewedDelivery } from '../../../engine/outbound/preview.ts';
import { type Cli, countOption } from '../../cli.ts';
import { tableText } from '../../table.ts';

/** `interlocal deliver PIPELINE --preview` and `interlocal deliver conflicts` */
export function registerDeliverPreview(cli: Cli, deliver: Command): void {
  deliver
    .argument('[pipeline]', 'with --preview')
    .option('--preview', 'the same as deliver preview PIPELINE')
    .action(async (pipeline: string | undefined, options: { preview?: boolean }) => {
      if (pipeline === undefined && !options.preview) return deliver.help({ error: true });
      if (pipeline !== undefined && options.preview) return show(pipeline, SHOWN);
      const { ConfigError } = await import('../../../core/errors.ts');
      throw new ConfigError({
        code: 'USAGE',
        place: {},
        message:
          pipeline === undefined
            ? '--preview needs the name of the pipeline to show.'
            : `"${pipeline}" is not a command of deliver. A pipeline is shown with --preview, and sent with interlocal run.`,
        hint: 'Write interlocal deliver preview PIPELINE, or interlocal run PIPELINE to send; interlocal deliver --help lists the commands.',
      });
    });

  deliver
    .command('preview')
    .argument('<pipeline>')
    .option('--limit <n>', 'how many records, and how many that are held back', countOption, SHOWN)
    .description(
      'What a pipeline would send now, field by field, and what is held back and why. Nothing is sent. It may show personal data.',
    )
    .action((pipeline: string, options: { limit: number }) => show(pipeline, options.limit));

  deliver
    .command('conflicts')
    .argument('[pipeline]')
    .option('--limit <n>', 'how many', countOption, 200)
    .description('Corrections that wait because both systems changed a field, with both values. They hold personal data.')
    .action(async (pipeline: string | undefined, { limit }: { limit: number }) => {
      const { withTown } = await import('../../town.ts');
      const { conflictsOf } = await import('../../../engine/outbound/carry/conflicts.ts');
      const { knownPipeline } = await import('../../known.ts');
      await withTown(cli, async (engine) => {
        await knownPipeline(engine, pipeline);
        const conflicts = await conflictsOf(engine, pipeline, limit);
        cli.print('deliver conflicts', { conflicts }, () =>
          conflicts.length === 0
            ? 'No correction waits because of a conflict.'
            : [
                ...conflicts.flatMap((one) => [
                  visibleLine(`#${one.id} ${one.pipeline} ${JSON.stringify(one.key)}`),
                  ...one.fields.map(({ field, ours, theirs }) =>
                    visibleLine(`    ${field}: ${one.connection} says ${shown(theirs)}; to be sent: ${shown(ours)}`),
                  ),
                ]),
                'Send ours: interlocal deliver approve NUMBER. Leave theirs: interlocal deliver dismiss NUMBER --reason TEXT.',
              ].join('\n'),
        );
      });
    });

  async function show(pipeline: string, limit: number): Promise<void> {
    const { withTown } = await import('../../town.ts');
    const { previewDelivery } = await import('../../../engine/outbound/preview.ts');
    const { outboundPipeline } = await import('../../known.ts');
    await withTown(cli, async (engine) => {
      outboundPipeline(engine, pipeline);
      const preview = await previewDelivery(engine, pipeline, { signal: cli.signal, limit });
      // That something needs review is what a preview is looked at for.
      cli.setExit(EXIT_CODES[preview.outcome === 'partial' ? 'succeeded' : preview.outcome]);
      const { textOfProblems } = await import('../../../core/grouped-problems.ts');
      cli.print('deliver preview', { preview }, () => previewLines(preview, textOfProblems).join('\n'));
    });
  }
}

/** So many records, and so many that are held back, where nobody says how many. */
const SHOWN = 50;

function previewLines(p: DeliveryPreview, textOfProblems: (problems: DeliveryPreview['problems']) => string): string[] {
  return [
    `${p.pipeline} (${p.mode}) to ${p.system}.${p.sink}: ${counted(p.deliveries.length + p.more_deliveries, 'record')}.`,
    ...(p.problems.length ? [textOfProblems(p.problems)] : []),
    ...p.deliveries.flatMap(deliveryLines),
    ...(p.more_deliveries ? [`… and ${counted(p.more_deliveries, 'more record')}`] : []),
    ...(p.held_back.length ? ['Not sent:'] : []),
    ...p.held_back.map((one) => visibleLine(`    ${heldLine(one, p.system)}`)),
    ...(p.more_held_back ? [`    … and ${p.more_held_back} more`] : []),
    ...p.notes.map(visibleLine),
    'Nothing was sent, and nothing was written.',
  ];
}

const KINDS: Record<PreviewedDelivery['kind'], string> = { request: 'request', file: 'row of', table: 'statement on' };
const STATES: Partial<Record<PreviewedDelivery['state'], string>> = {
  queued: 'is sent with the next run',
  review: 'waits for approval',
  shadow: 'is only shown (mode shadow)',
  held: 'is held',
  refused: 'cannot be written',
};

function deliveryLines(one: PreviewedDelivery): string[] {
  const key = one.key ? JSON.stringify(one.key) : (one.known_by ?? `#${one.record}`);
  return [
    visibleLine(`${one.operation} ${key}, ${KINDS[one.kind]} ${one.to}: ${STATES[one.state] ?? one.state}`),
    ...(one.entry
      ? entryLines(one.entry)
      : one.fields.map(({ field, from, to }) => visibleLine(`    ${field}: ${shown(from)} → ${shown(to)}`))),
    ...(one.text === null ? [] : one.text.split(/\r?\n/).map((line) => visibleLine(`    | ${line}`))),
    ...one.problems.map(({ message, hint }) => visibleLine(`    ${message}${hint ? ` ${hint}` : ''}`)),
  ];
}

/** The journal entry as an accountant reads it. */
function entryLines({ entry, reference, period, corrects, currency, receipts, lines }: NonNullable<PreviewedDelivery['entry']>): string[] {
  const what = corrects === null ? '' : `, corrects entry ${corrects}`;
  const rows = lines.map(({ fund, account, what: part, debit, credit }) => [
    fund,
    account,
    part,
    debit === plainNothing(debit) ? '' : debit,
    credit === plainNothing(credit) ? '' : credit,
  ]);
  const table = tableText(['fund', 'account', 'what', `debit ${currency}`, `credit ${currency}`], rows, [3, 4]);
  return [
    visibleLine(`    Entry ${entry}, ${reference}, ${period}${what}: ${counted(receipts, 'receipt')}`),
    ...table.split('\n').map((line) => `    ${line}`),
  ];
}

/** 0.00 with as many decimals as an amount has. */
function plainNothing(amount: string): string {
  return amount.replace(/\d/g, '0').replace(/^0+(?=0)/, '');
}

function heldLine(one: HeldBack, system: string): string {
  const whose = one.key === null ? `#${one.record}` : `${one.key} (#${one.record})`;
  if (one.why === 'no_record') return `${whose}: ${system} has no record of it, and none is made.`;
  if (one.why === 'parted')
    return `${whose}: what was corrected in ${one.value}, which is not recognized as the same anymore: interlocal review same, or different, ${one.value} ${system}:${one.key}.`;
  return `${whose} ${one.field}: ${shown(one.theirs)} stays, not ${shown(one.value)}: ${WHY[one.why].replace('SYSTEM', system)}`;
}

const WHY: Record<Exclude<HeldBack['why'], 'no_record' | 'parted'>, string> = {
  owned: 'SYSTEM owns the field.',
  nobody: 'the field is sent to no system.',
  not_owner: 'the value is not from a system that owns the field.',
  newer: 'SYSTEM changed it later.',
  echo: 'it is what was sent to another system and came back.',
  differs: 'it differed before, and nobody corrected it since.',
  emptied: 'the field was emptied, and carry.emptied of the pipeline does not name it.',
  emptied_elsewhere: 'the field was emptied in a system that does not own it.',
};

function shown(value: Value): string {
  return value === null ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}
