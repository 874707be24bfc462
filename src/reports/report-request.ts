import type { Project } from '../config/project.ts';
import { savedReport, type SavedReport } from '../config/schema/saved-report.ts';
import { ConfigError, didYouMean } from '../core/errors.ts';
import type { Engine } from '../engine/run/engine.ts';
import { readAsOf } from './as-of.ts';
import type { Making } from './catalog.ts';
import { todayIn } from './reconciliation/exceptions.ts';

/** A report's definition from options that a person typed. Throws ConfigError USAGE with every problem at once. */
export function readDefinition(given: Record<string, unknown>): SavedReport {
  const read = savedReport.safeParse(given);
  if (read.success) return read.data;
  throw new ConfigError(
    read.error.issues.map((issue) => {
      const option = String(issue.path[0] ?? '');
      const value = given[option];
      const isDay = ['from', 'to', 'as_of'].includes(option);
      const values = 'values' in issue ? (issue.values as unknown[]).map(String) : [];
      const name = option === 'pipeline' ? 'pipeline' : `--${option.replaceAll('_', '-')}`;
      const shown = JSON.stringify(String(value).slice(0, 60));
      const missing = value === undefined;
      const meant = typeof value === 'string' ? didYouMean(value, values) : undefined;
      return {
        code: 'USAGE',
        place: { path: name },
        message: missing ? `This report needs ${name}.` : isDay ? `${shown} is not a date.` : `${shown} cannot be used for ${name}.`,
        hint: isDay
          ? 'Write it as YYYY-MM-DD, such as 2026-07-01.'
          : meant
            ? `Did you mean ${meant}?`
            : values.length
              ? `Known: ${values.join(', ')}.`
              : 'docs/finance.md has every report with its options.',
      };
    }),
  );
}

/** A report that the town saved under a name; `days` take the place of its own. Throws ConfigError REFERENCE_UNKNOWN, USAGE. */
export function savedDefinition({ config }: Pick<Project, 'config'>, name: string, days: Readonly<Record<string, unknown>>): SavedReport {
  const saved = Object.hasOwn(config.reports, name) ? config.reports[name] : undefined;
  if (!saved) {
    const names = Object.keys(config.reports);
    const meant = didYouMean(name, names);
    throw new ConfigError({
      code: 'REFERENCE_UNKNOWN',
      place: { file: 'config/interlocal.yaml', path: 'reports' },
      message: `No report is saved as ${JSON.stringify(name.slice(0, 60))}.`,
      hint: meant
        ? `Did you mean ${meant}?`
        : names.length
          ? `Saved: ${names.join(', ')}.`
          : 'Add it below reports in config/interlocal.yaml; docs/finance.md has an example.',
    });
  }
  if (Object.keys(days).length === 0) return saved;
  const { in: _in, from: _from, to: _to, ...rest } = saved as SavedReport & { in?: string; from?: string; to?: string };
  return readDefinition({ ...rest, ...days });
}

/** When a report is made: now, or as of a time that was given. Throws ConfigError USAGE for what is not a time, or has not come yet. */
export function makingOf({ project }: Pick<Engine, 'project'>, asOf: string | undefined, now = new Date()): Making {
  const today = todayIn(project, now);
  return asOf === undefined ? { today } : { today, asOf: readAsOf(asOf, project.config.town.time_zone, now) };
}
