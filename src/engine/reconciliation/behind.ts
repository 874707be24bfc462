import type { Project } from '../../config/project.ts';
import type { Compared } from '../../reconciliation/keyed/compared.ts';
import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { Problem } from '../../core/errors.ts';
import { refusedSince } from '../../store/ledger/files.ts';
import type { Knex } from '../../store/open.ts';
import { countOpenRejects } from '../../store/landing/rejects.ts';
import { lastRuns } from '../../store/ledger/runs.ts';
import { heldLocks } from '../../store/locks.ts';
import type { Source } from '../../store/ledger/sources.ts';
import { configuredFingerprints, type Feed, feedsOf } from './reconciliation-basis.ts';
import type { Run } from '../run/context.ts';

/**
 * Why the sides of a reconciliation are not all that they should be: files that were refused, records that were rejected, a pipeline
 * whose last run did not end well or that never ran, records that were made with another mapping. What is missing for such a reason
 * looks like a difference of money and is none, so the reason is said with it. `leaves` are what was compared.
 */
export async function problemsBehind(
  { project }: Pick<Run, 'project'>,
  knex: Knex,
  config: ReconciliationConfig,
  sources: readonly Source[],
  leaves: readonly Compared[],
): Promise<Problem[]> {
  const bySource = new Map(sources.map((source) => [source.pipeline, source]));
  const seen = await lastRuns(knex);
  const locks = await heldLocks(knex);
  // A run without an end that holds no lock was interrupted, or has ended since it was read: what is stored now says which.
  const runs = [...seen].some(([name, run]) => run.outcome === null && !locks.has(`pipeline:${name}`)) ? await lastRuns(knex) : seen;
  const fingerprintOf = configuredFingerprints(project);
  const problems: Problem[] = [];
  const feeds = Map.groupBy(feedsOf(project, config), (feed) => feed.pipeline);
  for (const [pipeline, sides] of feeds) {
    const add = (message: string, hint: string): void =>
      void problems.push({ code: 'SIDE_INCOMPLETE', place: { system: pipeline }, message, hint });
    const source = bySource.get(pipeline);
    const run = runs.get(pipeline);
    const names = sides.map(({ side }) => config[side].name).join(' and ');
    if (!source || !run) {
      add(`This pipeline has not run yet, so ${names} may be incomplete.`, `Run ${pipeline}, then this reconciliation.`);
      continue;
    }
    const refused = await refusedSince(knex, source.id, pipeline);
    const lack = lacking(sides, config, project, leaves);
    for (const path of refused)
      add(
        `${path} was refused: ${lack || `${names} may be incomplete`}.`,
        `To see why, run interlocal status. Have a correct file sent, run ${pipeline}, then this reconciliation.`,
      );
    const rejected = await countOpenRejects(knex, source.id);
    if (rejected > 0)
      add(
        `${rejected === 1 ? '1 record is' : `${rejected.toLocaleString('en-US')} records are`} rejected, so ${names} may be missing ${rejected === 1 ? 'it' : 'them'}${lack && `: ${lack}`}.`,
        `To see why and what to do, run interlocal rejects list ${pipeline}.`,
      );
    if (run.outcome === null && !locks.has(`pipeline:${pipeline}`))
      add(`The last run of this pipeline was interrupted, so ${names} may be incomplete.`, `Run ${pipeline}, then this reconciliation.`);
    else if (run.outcome === null)
      add(`This pipeline is running now, so ${names} may be incomplete.`, 'Run this reconciliation again when it has finished.');
    else if ((run.outcome === 'failed' && refused.length === 0) || run.outcome === 'aborted')
      add(
        `The last run of this pipeline ${run.outcome === 'failed' ? 'failed' : 'was stopped'}, so ${names} may be incomplete.`,
        `Run ${pipeline}, then this reconciliation.`,
      );
    if (source.fingerprint !== null && source.fingerprint !== fingerprintOf(pipeline))
      add(
        `The mappings of this pipeline have changed, and its records were not mapped again since, so ${names} may be wrong.`,
        `Run ${pipeline}, then this reconciliation.`,
      );
  }
  return problems;
}

/** `11 days have no deposits`: what the sides of a pipeline lack, by the innermost key; '' when nothing is seen to be missing. */
function lacking(sides: readonly Feed[], config: ReconciliationConfig, { entities }: Project, leaves: readonly Compared[]): string {
  return sides
    .flatMap(({ side }) => {
      const other = side === 'left' ? 'right' : 'left';
      const missing = leaves.filter((leaf) => leaf[side] === null && leaf[other] !== null);
      if (missing.length === 0) return [];
      const last = config.match_on.at(-1)!.name;
      const title = entities.get(config[side].entity)!.value.title;
      const what = many(`${title.slice(0, 1).toLowerCase()}${title.slice(1)}`);
      // Of two keys, a day is one of a department.
      const names = config.match_on.map(({ name }) => name);
      const by = names.length > 1 ? ` (by ${names.slice(0, -1).join(', ')} and ${last})` : '';
      const one = /^[\p{L}_-]+$/u.test(last) ? last : 'key';
      const n = missing.length;
      return `${n === 1 ? `1 ${one} has` : `${n.toLocaleString('en-US')} ${many(one)} have`} no ${what}${by}`;
    })
    .join(', ');
}

function many(word: string): string {
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}
