import { ConfigError, didYouMean } from '../core/errors.ts';

/** So many names are told where none is close. */
const TOLD = 20;

/**
 * What a report is narrowed to, next to what there is at any time. To be built up only where nothing was found: a misspelled name must not
 * look like a place that took nothing.
 */
export interface KnownNames {
  /** Notes that there is something of this name; null where it is not known: `(no place)`. */
  see(option: string, name: string | null): void;
  /** Throws ConfigError REPORT_NAME_UNKNOWN with each name that there is nothing of. */
  check(): void;
}

export function knownNames(asked: Readonly<Record<string, string | undefined>>): KnownNames {
  const wanted = Object.entries(asked).flatMap(([option, name]) => (name === undefined ? [] : [{ option, name, seen: new Set<string>() }]));
  const byOption = new Map(wanted.map((one) => [one.option, one]));
  return {
    see(option, name) {
      if (name !== null) byOption.get(option)?.seen.add(name);
    },
    check() {
      const unknown = wanted.filter(({ option, name, seen }) => name !== `(no ${option})` && !seen.has(name));
      if (unknown.length === 0) return;
      throw new ConfigError(
        unknown.map(({ option, name, seen }) => {
          const names = [...seen].sort();
          const meant = didYouMean(name, names);
          const more = names.length > TOLD ? `, and ${names.length - TOLD} more` : '';
          return {
            code: 'REPORT_NAME_UNKNOWN',
            place: { path: `--${option}` },
            message: `There is no ${option} ${JSON.stringify(name.slice(0, 100))}, on any day.`,
            hint: meant
              ? `Did you mean ${meant}?`
              : names.length
                ? `Known: ${names.slice(0, TOLD).join(', ')}${more}.`
                : 'There are none yet.',
          };
        }),
      );
    },
  };
}
