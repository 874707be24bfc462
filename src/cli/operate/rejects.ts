import { counted } from '../../core/text/counted.ts';
import { Option } from 'commander';
import { EXIT_CODES } from '../../core/outcome.ts';
import type { Engine } from '../../engine/run/engine.ts';
import type { Replayed } from '../../engine/landing/replay.ts';
import type { Reject } from '../../reports/rejects.ts';
import { type Cli, countOption } from '../cli.ts';

const REASON = 'why, in a few words; it is kept on record';
const YES = 'do it without asking';

/** `interlocal rejects list | show | replay | dismiss | reopen` */
export function registerRejects(cli: Cli): void {
  const rejects = cli.program.command('rejects').description('Rejected records: why they were rejected, and what to do.');

  rejects
    .command('list')
    .argument('[pipeline]')
    .addOption(new Option('--state <state>', 'which').choices(['open', 'replayed', 'superseded']).default('open'))
    .option('--limit <n>', 'how many', countOption, 200)
    .description('List them with key, date, amount, file, line and reason. The same problem in several records is shown once.')
    .action(async (pipeline: string | undefined, options: { state: Reject['state']; limit: number }) => {
      const { withTown } = await import('../town.ts');
      const { rejectedRecords } = await import('../../reports/rejects.ts');
      const { groupRejects } = await import('../../reports/reject-facts.ts');
      const { groupJson, rejectJson } = await import('./rejects-json.ts');
      const { groupText } = await import('./rejects-text.ts');
      const { knownPipeline } = await import('../known.ts');
      await withTown(cli, async (engine) => {
        await knownPipeline(engine, pipeline);
        const { records: list, total: all } = await rejectedRecords(engine, { pipeline, ...options });
        const groups = groupRejects(engine.project, list);
        const facts = new Map(groups.flatMap((group) => group.rejects.map((one) => [one.reject.id, one])));
        cli.print(
          'rejects list',
          { rejects: list.map((r) => rejectJson(facts.get(r.id)!)), groups: groups.map(groupJson), total: all },
          () =>
            list.length === 0
              ? `There are no ${options.state === 'open' ? '' : `${options.state} `}rejected records${pipeline ? ` of ${pipeline}` : ''}.`
              : [
                  ...groups.map(groupText),
                  '',
                  `${list.length < all ? `${list.length.toLocaleString('en-US')} of ${counted(all, 'record')} shown (--limit shows more).` : `${counted(all, 'record')}.`}${options.state === 'open' ? ' Fix the file at its source and run the pipeline again, or fix the mapping and run: interlocal rejects replay' : ''}`,
                ].join('\n'),
        );
      });
    });

  rejects
    .command('show')
    .argument('<id>')
    .description('Show one with its raw record. It may contain personal data.')
    .action(async (text: string) => {
      const { withTown } = await import('../town.ts');
      const { rejectFacts } = await import('../../reports/reject-facts.ts');
      const { namedRejects } = await import('../../reports/rejects.ts');
      const { textOfProblem } = await import('../../core/errors.ts');
      const { rejectJson } = await import('./rejects-json.ts');
      const { idsOf } = await import('../known.ts');
      const ids = idsOf([text]);
      await withTown(cli, async (engine) => {
        const [r] = await namedRejects(engine, ids);
        const { problems, ...rest } = rejectJson(rejectFacts(engine.project)(r!));
        const by = r!.dismissedBy === null ? '' : `, dismissed by ${r!.dismissedBy}`;
        cli.print(
          'rejects show',
          { ...rest, first_run: r!.firstRun, last_run: r!.lastRun, dismissed_by: r!.dismissedBy, problems, raw: r!.raw },
          () =>
            [
              `#${r!.id} ${r!.pipeline} (${r!.state}${by})`,
              ...problems.map((p) => `    ${textOfProblem(p)}`),
              '',
              // Each line marked, so a record cannot pass for words of ours.
              ...r!.raw.split(/\r?\n/).map((line) => `  | ${line}`),
            ].join('\n'),
        );
      });
    });

  rejects
    .command('replay')
    .argument('[ids...]', 'ids of rejected records; none: all open ones')
    .option('--pipeline <pipeline>', 'only those of this pipeline')
    .option('--yes', YES)
    .description('Map them again, after the mapping, a lookup table or the connector was fixed.')
    .action(async (texts: string[], options: { pipeline?: string; yes?: boolean }) => {
      const { withTown } = await import('../town.ts');
      const { replayRejects } = await import('../../engine/landing/replay.ts');
      const { namedRejects, openRejects } = await import('../../reports/rejects.ts');
      const { idsOf, knownPipeline } = await import('../known.ts');
      const ids = idsOf(texts);
      await withTown(cli, async (engine) => {
        await knownPipeline(engine, options.pipeline);
        const numbers = ids.length ? ids : undefined;
        if (numbers) await namedRejects(engine, numbers);
        const open = await openRejects(engine, { pipeline: options.pipeline, ids: numbers });
        if (open.length > 0) cli.note(await summary('Mapping again', engine.project, open));
        const pipelines = [...new Set(open.map((r) => r.pipeline))];
        const gone = pipelines.filter((p) => !engine.project.pipelines.has(p));
        for (const p of gone) cli.note(`${p}: this pipeline is no longer in the configuration; its records stay as they are.`);
        const results: Replayed[] = [];
        for (const pipeline of pipelines)
          if (!gone.includes(pipeline)) results.push(await replayRejects(engine, pipeline, numbers, { signal: cli.signal }));
        const closed = (numbers ?? []).filter((id) => !open.some((r) => r.id === id));
        const left = results.reduce((n, r) => n + r.rejected + r.unreadable, 0);
        cli.setExit(left > 0 || gone.length > 0 ? EXIT_CODES.partial : closed.length > 0 ? 1 : 0);
        cli.print(
          'rejects replay',
          { replayed: results, left: closed },
          () =>
            [
              ...results.map(
                (r) =>
                  `${r.pipeline}: ${counted(r.replayed, 'record')} replayed${r.skipped ? `, ${r.skipped} skipped under the pipeline's present rules` : ''}, ${r.rejected} still rejected${r.unreadable ? `, ${r.unreadable} can only be fixed in the file itself` : ''}`,
              ),
              ...closed.map((id) => `#${id} is not open${options.pipeline ? `, or not of ${options.pipeline}` : ''}: nothing was done.`),
            ].join('\n') || 'There are no rejected records.',
        );
      });
    });

  changing(
    'dismiss',
    'Close them without using them; they stay on record. Needs --reason. rejects reopen takes it back.',
    'they are dismissed',
    'open',
  );
  changing('reopen', 'Open records again that were dismissed. Needs --reason.', 'they are opened again', 'superseded');

  function changing(name: 'dismiss' | 'reopen', description: string, why: string, state: Reject['state']): void {
    const past = name === 'dismiss' ? 'dismissed' : 'reopened';
    rejects
      .command(name)
      .argument('<ids...>')
      .option('--reason <text>', REASON)
      .option('--yes', YES)
      .description(description)
      .action(async (texts: string[], options: { reason?: string; yes?: boolean }) => {
        const { withTown } = await import('../town.ts');
        const { dismiss, reopen } = await import('../../engine/landing/decide-rejects.ts');
        const { namedRejects } = await import('../../reports/rejects.ts');
        const { actorOf } = await import('../../config/actor.ts');
        const { confirmed, reasonOf } = await import('../confirm.ts');
        const { idsOf } = await import('../known.ts');
        const ids = idsOf(texts);
        await withTown(cli, async (engine) => {
          const meant = (await namedRejects(engine, ids)).filter(
            (r) => r.state === state && (name === 'dismiss' || r.dismissedBy !== null),
          );
          let done: number[] = [];
          if (meant.length > 0) {
            const lines = [await summary(name === 'dismiss' ? 'To dismiss' : 'To open again', engine.project, meant)];
            const reason = await reasonOf(cli, options.reason, why);
            const question = `${name === 'dismiss' ? 'Dismiss' : 'Reopen'} ${counted(meant.length, 'record')}?`;
            if (meant.length > 1 && !(await confirmed(cli, { lines, question, yes: options.yes }))) cli.note('Nothing was changed.');
            else {
              const numbers = meant.map((r) => r.id);
              done = await (name === 'dismiss' ? dismiss : reopen)(engine, numbers, { actor: actorOf(), reason });
            }
          }
          const left = ids.filter((id) => !done.includes(id));
          if (left.length) cli.setExit(1);
          const told = (): string =>
            [
              `${counted(done.length, 'record')} ${past}.`,
              ...left.map((id) =>
                name === 'dismiss'
                  ? `#${id} is not an open rejected record, so nothing was done with it.`
                  : `#${id} was not dismissed by a person, or the same record is rejected again, so nothing was done with it.`,
              ),
            ].join('\n');
          if (name === 'dismiss') cli.print('rejects dismiss', { dismissed: done.length, ids: done, left }, told);
          else cli.print('rejects reopen', { reopened: done.length, ids: done, left }, told);
        });
      });
  }
}

/** `To dismiss: 3 records of receipts: 150.00 USD.` */
async function summary(start: string, project: Engine['project'], list: readonly Reject[]): Promise<string> {
  const { rejectFacts, rejectTotals } = await import('../../reports/reject-facts.ts');
  const { totalsText } = await import('./rejects-text.ts');
  const factsOf = rejectFacts(project);
  const parts = [...Map.groupBy(list, (r) => r.pipeline)].map(([pipeline, own]) => {
    const rejects = own.map(factsOf);
    return `${counted(own.length, 'record')} of ${pipeline}${totalsText({ rejects, ...rejectTotals(rejects) })}`;
  });
  return `${start}: ${parts.join('; ')}.`;
}
