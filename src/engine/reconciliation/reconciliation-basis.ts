import { hash } from 'node:crypto';
import type { Project } from '../../config/project.ts';
import type { MappingConfig } from '../../config/schema/mapping.ts';
import type { PipelineConfig, ReconciliationConfig } from '../../config/schema/pipeline.ts';
import type { Source } from '../../store/ledger/sources.ts';
import { bindMappings } from '../run/bind.ts';

/**
 * What the result of a reconciliation depends on besides the records: fingerprints of its own settings, of the calendar, and of the
 * mappings that made the records of both sides. A result that was found on another basis says nothing of today's figures.
 */
export interface Basis {
  settings: Record<'left' | 'right' | 'match_on' | 'check' | 'compare_from' | 'passes' | 'calendar', string>;
  /** Pipeline → the mappings that its stored records were made with. */
  mappings: Record<string, string>;
}

/** The basis on which a reconciliation compares now: the settings as they are, and the mappings that stored records were really made with. */
export function storedBasis(project: Project, config: ReconciliationConfig, sources: readonly Source[]): Basis {
  const fingerprints = new Map(sources.map((s) => [s.pipeline, s.fingerprint]));
  const mappings: Basis['mappings'] = {};
  for (const { pipeline } of feedsOf(project, config)) {
    const fingerprint = fingerprints.get(pipeline);
    if (fingerprint) mappings[pipeline] = fingerprint;
  }
  return { settings: settingsOf(project, config), mappings };
}

/** What has changed since a basis was kept, each as part of a sentence: "its match_on has changed". None: it still holds. */
export function changesSince(
  basis: Basis,
  project: Project,
  config: ReconciliationConfig,
  fingerprintOf: (pipeline: string) => string,
): string[] {
  const now = settingsOf(project, config);
  const changes = (Object.keys(now) as (keyof Basis['settings'])[])
    .filter((name) => now[name] !== basis.settings[name])
    .map((name) => (name === 'calendar' ? "the town's calendar or currency has changed" : `its ${name} has changed`));
  const feeding = new Set(feedsOf(project, config).map((feed) => feed.pipeline));
  for (const [pipeline, fingerprint] of Object.entries(basis.mappings)) {
    const value = project.pipelines.get(pipeline)?.value;
    if (!value) continue;
    if (value.mode === 'off') changes.push(`${pipeline} is now off`);
    else if (!feeding.has(pipeline)) changes.push(`${pipeline} no longer supplies it with records`);
    else if (fingerprintOf(pipeline) !== fingerprint) changes.push(`the mappings of ${pipeline} have changed`);
  }
  return changes;
}

/** Fingerprints of pipelines' mappings as they are configured now; each is made once. */
export function configuredFingerprints(project: Project): (pipeline: string) => string {
  const made = new Map<string, string>();
  return (pipeline) => {
    let found = made.get(pipeline);
    if (found === undefined) {
      found = bindMappings(project, project.pipelines.get(pipeline)!.value, new Map()).fingerprint;
      made.set(pipeline, found);
    }
    return found;
  };
}

/** A pipeline that records of a side may come from. */
export interface Feed {
  pipeline: string;
  side: 'left' | 'right';
}

/** The pipelines, of those that are not off, whose mappings may make records of either side. */
export function feedsOf(project: Project, config: ReconciliationConfig): Feed[] {
  return [...project.pipelines.values()].flatMap(({ value }) =>
    value.mode === 'off'
      ? []
      : (['left', 'right'] as const).flatMap((side) =>
          (value.mappings ?? []).some((name) => mayMake(value, project.mappings.get(name)?.value, config[side]))
            ? [{ pipeline: value.pipeline, side }]
            : [],
        ),
  );
}

/** False only where a rule that gives every record the same value contradicts the side's `where`. */
function mayMake(pipeline: PipelineConfig, mapping: MappingConfig | undefined, side: ReconciliationConfig['left']): boolean {
  if (!mapping || mapping.entity !== side.entity) return false;
  return Object.entries(side.where).every(([field, wanted]) => {
    const rule = mapping.fields[field];
    const fixed =
      rule === '@connection' || (typeof rule === 'object' && rule.from === '@connection' && !rule.lookup)
        ? pipeline.source?.connection
        : typeof rule === 'object' && rule.const !== undefined && !rule.lookup && !rule.when
          ? String(rule.const)
          : undefined;
    return fixed === undefined || [wanted].flat().includes(fixed);
  });
}

function settingsOf(
  project: Project,
  { left, right, match_on, check, compare_from, passes, open, over_short, unequal, exceptions }: ReconciliationConfig,
): Basis['settings'] {
  const { fiscal_year_starts, time_zone, currency, calendar } = project.config.town;
  const side = ({ entity, where, amount, date }: ReconciliationConfig['left']): unknown => ({ entity, where, amount, date });
  return {
    left: digest(side(left)),
    right: digest(side(right)),
    // What people call the keys decides nothing.
    match_on: digest(match_on.map((m) => [m.left, m.right])),
    check: digest(check),
    compare_from: digest(compare_from),
    passes: digest([passes, open, over_short, unequal, exceptions]),
    calendar: digest([fiscal_year_starts, time_zone, currency, passes ? calendar : undefined]),
  };
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(value)).slice(0, 16);
}
