import { Option } from 'commander';
import { type Cli, countOption } from '../cli.ts';
import { matchInFull, matchText } from './match-text.ts';

const STATES = ['proposed', 'confirmed', 'contested'] as const;

/** So many matches are shown to people who do not say how many. */
const SHOWN = 200;

/** `interlocal matches list | show | confirm | revoke | add` */
export function registerMatches(cli: Cli): void {
  const matches = cli.program
    .command('matches')
    .description('List which records of a reconciliation are the same money, by which rule, and what people decided.');

  matches
    .command('list')
    .argument('[pipeline]', 'only those of this reconciliation')
    .addOption(new Option('--state <state>', 'only those in this state').choices(STATES))
    .option('--limit <n>', 'how many; default: 200, or all with --json', countOption)
    .description('List the matches in force, newest first.')
    .action(async (pipeline: string | undefined, options: { state?: (typeof STATES)[number]; limit?: number }) => {
      const { withTown } = await import('../town.ts');
      const { matchLines } = await import('../../engine/reconciliation/matches.ts');
      const { checkReconciliationName } = await import('../../reports/reconciliation/exceptions.ts');
      const { keyedDifferences } = await import('../../engine/reconciliation/keyed-differences.ts');
      await withTown(cli, async (engine) => {
        checkReconciliationName(engine.project, pipeline);
        const limit = options.limit ?? (cli.json() ? undefined : SHOWN);
        const list = await matchLines(engine, { pipeline, ...options, limit });
        const more = list.length === limit ? [`These are the newest ${limit} matches; --limit N shows more.`] : [];
        const byKeys = list.length ? [] : (await keyedDifferences(engine)).filter((one) => (pipeline ?? one.pipeline) === one.pipeline);
        const keyed = byKeys.length
          ? ['Reconciliations by match_on compare sums: interlocal report reconciliation has what agrees and what differs.']
          : [];
        cli.print('matches list', { matches: list }, () =>
          (list.length ? [...list.map((match) => matchText(match, engine.project)), ...more] : ['No matches.', ...keyed]).join('\n'),
        );
      });
    });

  matches
    .command('show')
    .argument('<id>', 'its id, or the beginning of it')
    .description('Show one match with its records, evidence and history.')
    .action(async (id: string) => {
      const { withTown } = await import('../town.ts');
      const { showMatch } = await import('../../engine/reconciliation/matches.ts');
      await withTown(cli, async (engine) => {
        const match = await showMatch(engine, id);
        cli.print('matches show', match, () => matchInFull(match, match.events, engine.project));
      });
    });

  decision('confirm', 'Confirm a proposed match, or again one whose records changed. Rules will not undo it.');
  decision('revoke', 'Revoke a match. Rules will not make it again.');

  function decision(name: 'confirm' | 'revoke', description: string): void {
    matches
      .command(name)
      .argument('<id>', 'its id, or the beginning of it')
      .requiredOption('--reason <text>', 'why; it is kept in the audit log')
      .description(description)
      .action(async (id: string, options: { reason: string }) => {
        const { withTown } = await import('../town.ts');
        const { decideMatch } = await import('../../engine/reconciliation/matches.ts');
        const { reasonOf } = await import('../confirm.ts');
        const reason = await reasonOf(cli, options.reason, `it is ${name === 'confirm' ? 'confirmed' : 'revoked'}`);
        await withTown(cli, async (engine) => {
          const match = await decideMatch(engine, id, name, reason);
          cli.print('matches confirm', { id: match.contentId, pipeline: match.pipeline, decision: name }, () =>
            name === 'confirm'
              ? `${match.contentId.slice(0, 8)} is confirmed${match.atOnce ? '' : `; it counts from the next run of ${match.pipeline} on`}.`
              : `${match.contentId.slice(0, 8)} is revoked; the next run of ${match.pipeline} decides what becomes of its records.`,
          );
        });
      });
  }

  matches
    .command('add')
    .argument('<pipeline>', 'the reconciliation')
    .requiredOption('--left <record...>', 'records of the left side, each as CONNECTION:KEY')
    .requiredOption('--right <record...>', 'records of the right side')
    .requiredOption('--reason <text>', 'why they are the same money')
    .description('Match records that no rule matched; the next run applies it.')
    .action(async (pipeline: string, options: { left: string[]; right: string[]; reason: string }) => {
      const { withTown } = await import('../town.ts');
      const { matchByHand } = await import('../../engine/reconciliation/matches.ts');
      const { checkReconciliationName } = await import('../../reports/reconciliation/exceptions.ts');
      const { reasonOf } = await import('../confirm.ts');
      const reason = await reasonOf(cli, options.reason, 'they are the same money');
      await withTown(cli, async (engine) => {
        checkReconciliationName(engine.project, pipeline);
        const sides = { left: options.left.map(recordOf), right: options.right.map(recordOf) };
        const id = await matchByHand(engine, pipeline, sides, reason);
        cli.print(
          'matches add',
          { id, pipeline },
          () => `${id.slice(0, 8)} is matched by hand; it counts from the next run of ${pipeline} on.`,
        );
      });
    });
}

/** `desk:R0071`; a key may hold colons. */
function recordOf(text: string): { connection: string; key: string } {
  const at = text.indexOf(':');
  return at < 0 ? { connection: '', key: text } : { connection: text.slice(0, at), key: text.slice(at + 1) };
}
