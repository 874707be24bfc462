import { counted } from '../../core/text/counted.ts';
import { visibleLine } from '../../core/text/visible.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import type { ReviewPair } from '../../engine/identity/review.ts';
import { decisionJson } from '../../reports/decisions.ts';
import { type Cli, countOption } from '../cli.ts';
import { tableText } from '../table.ts';

/** `interlocal review list | show | same | different | later | undo` and `interlocal unmerge` */
export function registerReview(cli: Cli): void {
  const review = cli.program
    .command('review')
    .description('Review pairs of records that may be the same person: decide, or take a decision back.');

  review
    .command('list')
    .argument('[entity]', 'party, …', 'party')
    .option('--limit <n>', 'how many', countOption, 50)
    .option('--all-pairs', 'every pair of records that was compared, not just one for each pair of golden records')
    .option('--decided', 'show what was decided instead')
    .description('List the pairs that need review, most likely first.')
    .action(async (name: string, options: { limit: number; allPairs?: boolean; decided?: boolean }) => {
      const { withTown } = await import('../town.ts');
      const { matchedKind, behind } = await import('../../engine/identity/matched.ts');
      const { reviewList } = await import('../../engine/identity/review.ts');
      const { decisionsOf } = await import('../../engine/identity/review.ts');
      await withTown(cli, async (engine) => {
        const kind = await matchedKind(engine, name);
        if (options.decided) {
          const decisions = await decisionsOf(engine, kind, options.limit);
          return cli.print('review list --decided', { entity: name, decisions: decisions.map(decisionJson) }, () =>
            decisions.length === 0
              ? 'Nothing was decided yet.'
              : tableText(
                  ['number', 'decision', 'records', 'by', 'when', 'why'],
                  decisions.map((d) => [
                    String(d.id),
                    d.undone ? `${d.verdict}, taken back` : d.verdict,
                    `${d.a.source}:${d.a.key} and ${d.b.source}:${d.b.key}`,
                    d.actor,
                    zonedTime(d.at, engine.project.config.town.time_zone),
                    d.reason ?? '',
                  ]),
                ),
          );
        }
        const late = await behind(engine, kind);
        if (late) cli.note(late);
        const { total, pairs } = await reviewList(engine, kind, { limit: options.limit, allPairs: options.allPairs === true });
        cli.print('review list', { entity: name, total, pairs }, () =>
          total === 0
            ? 'Nothing waits.'
            : [
                tableText(
                  ['pair', 'score', 'records', 'why it needs review'],
                  pairs.map((p) => [
                    p.pair,
                    String(p.score),
                    `${inGolden(p.a)} and ${inGolden(p.b)}`,
                    `${p.later ? '(later) ' : ''}${p.reasons[0] ?? ''}`,
                  ]),
                  [1],
                ),
                '',
                `${counted(pairs.length, 'pair')} shown of ${total}. interlocal review show ${pairs[0]!.pair} shows both records; then review same, different or later.`,
              ].join('\n'),
        );
      });
    });

  review
    .command('show')
    .argument('<pair...>', 'ID-ID, or CONNECTION:KEY CONNECTION:KEY')
    .option('--entity <entity>', 'which', 'party')
    .description('Show both records side by side, why they may be the same, and how the score adds up. Contains personal data.')
    .action(async (names: string[], options: { entity: string }) => {
      const { withTown } = await import('../town.ts');
      const { matchedKind } = await import('../../engine/identity/matched.ts');
      const { namedPair, reviewShow } = await import('../../engine/identity/review.ts');
      await withTown(cli, async (engine) => {
        const kind = await matchedKind(engine, options.entity);
        const pair = await reviewShow(engine, kind, await namedPair(engine, kind, names));
        cli.print('review show', { ...pair, decisions: pair.decisions.map(decisionJson) }, () =>
          textOfPair(pair, engine.project.config.town.time_zone),
        );
      });
    });

  for (const verdict of ['same', 'different', 'later'] as const)
    review
      .command(verdict)
      .argument('<pair...>', 'ID-ID, or CONNECTION:KEY CONNECTION:KEY')
      .option('--entity <entity>', 'which', 'party')
      .option('--reason <text>', 'why; it is kept with the decision')
      .description(
        {
          same: 'They are the same. This outranks every score from now on.',
          different: 'They are different. This outranks every score from now on.',
          later: 'Put the pair at the end of the list.',
        }[verdict],
      )
      .action(async (names: string[], options: { entity: string; reason?: string }) => {
        const { withTown } = await import('../town.ts');
        const { actorOf } = await import('../../config/actor.ts');
        const { matchedKind } = await import('../../engine/identity/matched.ts');
        const { namedPair } = await import('../../engine/identity/review.ts');
        const { decide } = await import('../../engine/identity/decide.ts');
        await withTown(cli, async (engine) => {
          const kind = await matchedKind(engine, options.entity);
          const done = await decide(engine, kind, await namedPair(engine, kind, names), verdict, {
            actor: actorOf(),
            reason: options.reason,
          });
          cli.print('review same', done, () => {
            const two = `${done.a.connection}:${done.a.source_key} and ${done.b.connection}:${done.b.source_key}`;
            const now =
              done.a.golden_id === done.b.golden_id
                ? `both are ${options.entity} #${done.a.golden_id}`
                : `they are ${options.entity} #${done.a.golden_id} and #${done.b.golden_id}`;
            return visibleLine(
              `Decision ${done.decision}: ${two} are ${verdict === 'later' ? 'postponed' : verdict}; ${now}. To take it back, run interlocal review undo ${done.decision}.`,
            );
          });
        });
      });

  review
    .command('undo')
    .argument('<decision...>', 'its number, or the pair')
    .option('--entity <entity>', 'which', 'party')
    .description('Take a decision back; the score counts again.')
    .action(async (names: string[], options: { entity: string }) => {
      const { withTown } = await import('../town.ts');
      const { actorOf } = await import('../../config/actor.ts');
      const { matchedKind } = await import('../../engine/identity/matched.ts');
      const { namedPair } = await import('../../engine/identity/review.ts');
      const { undo } = await import('../../engine/identity/decide.ts');
      await withTown(cli, async (engine) => {
        const kind = await matchedKind(engine, options.entity);
        const which = names.length === 1 && /^\d+$/.test(names[0]!) ? Number(names[0]) : await namedPair(engine, kind, names);
        const done = await undo(engine, kind, which, { actor: actorOf() });
        cli.print('review undo', done, () => `Decision ${done.decision} (${done.verdict}) was taken back.`);
      });
    });

  cli.program
    .command('unmerge')
    .argument('<entity>', 'party, …')
    .argument('<record>', 'CONNECTION:KEY')
    .option('--reason <text>', 'why; it is kept with the decision')
    .description('Take one source record out of its golden record: it is different from each of the others. Can be undone.')
    .action(async (name: string, record: string, options: { reason?: string }) => {
      const { withTown } = await import('../town.ts');
      const { actorOf } = await import('../../config/actor.ts');
      const { matchedKind, namedMember } = await import('../../engine/identity/matched.ts');
      const { unmerge } = await import('../../engine/identity/decide.ts');
      await withTown(cli, async (engine) => {
        const kind = await matchedKind(engine, name);
        const done = await unmerge(engine, kind, await namedMember(engine, kind, record), { actor: actorOf(), reason: options.reason });
        cli.print('unmerge', { decisions: done }, () =>
          [
            `${record} is ${name} #${done[0]!.a.golden_id} now; it was linked with ${counted(done.length, 'other record')}.`,
            `To take it back, run interlocal review undo NUMBER with these numbers: ${done.map((d) => d.decision).join(', ')}.`,
          ].join('\n'),
        );
      });
    });
}

/** A record, and how many its golden record has: what is decided holds for all of them. */
function inGolden({ connection, source_key, golden_records }: ReviewPair['a']): string {
  return `${connection}:${source_key}${golden_records > 1 ? ` (1 of ${golden_records})` : ''}`;
}

function textOfPair(
  pair: ReviewPair & { decisions: { id: number; verdict: string; actor: string; at: string; reason: string | null; undone: unknown }[] },
  zone: string,
): string {
  const fields = [...new Set([...Object.keys(pair.a.fields), ...Object.keys(pair.b.fields)])];
  const cell = (value: string | number | null | undefined): string => (value === undefined || value === null ? '' : String(value));
  const signed = (bits: number): string => (bits > 0 ? `+${bits.toFixed(2)}` : bits.toFixed(2));
  return [
    tableText(
      [
        'field',
        `${pair.a.connection}:${pair.a.source_key} (#${pair.a.golden_id})`,
        `${pair.b.connection}:${pair.b.source_key} (#${pair.b.golden_id})`,
      ],
      fields.map((name) => [name, cell(pair.a.fields[name]), cell(pair.b.fields[name])]),
    ),
    '',
    ...pair.reasons.map((reason) => visibleLine(`- ${reason}`)),
    '',
    tableText(
      ['what', 'how well it agrees', 'bits'],
      [...pair.waterfall.map((bar) => [bar.feature, bar.level, signed(bar.bits)]), ['score', '', signed(pair.score)]],
      [2],
    ),
    ...(pair.decisions.length > 0
      ? [
          '',
          ...pair.decisions.map((d) =>
            visibleLine(
              `Decision ${d.id}: ${d.verdict}${d.undone ? ', taken back' : ''}, by ${d.actor}, ${zonedTime(d.at, zone)}${d.reason ? `: ${d.reason}` : ''}`,
            ),
          ),
        ]
      : []),
  ].join('\n');
}
