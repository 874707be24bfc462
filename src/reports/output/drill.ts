import type { ReportRow } from './row.ts';

/** The command that leads from a figure of a report to what is behind it. */
export type Command = readonly string[];

/**
 * Where the rows of a table lead: a command that is the same for all of them, with arguments and options that are read from the row. A
 * row may have values for it that no column shows. It is data, so a closing keeps it with its report.
 */
export interface Drill {
  /** Its name in JSON: `drill`, or `drill_` and the column whose figures it is about. */
  as: `drill${'' | `_${string}`}`;
  /** What the command gives, for people: "receipts of a line". */
  what: string;
  command: Command;
  /** Keys of the row whose values follow the command. A row that lacks one of them leads nowhere. */
  args?: readonly string[];
  /** Options by the key of the row that they are read from, or several; a key that a row does not have, or has as null, is left out. */
  options?: Readonly<Record<string, string | readonly string[]>>;
  /** Options that follow for every row. */
  more?: Command;
  /** The row has this key, or leads nowhere by it. */
  where?: string;
}

/** The command for a row without the program's name; null: it leads nowhere. */
export function drillOf({ command, args = [], options = {}, more = [], where }: Drill, row: ReportRow): Command | null {
  const given = (key: string): string | undefined => {
    const value = row[key] ?? null;
    return value === null ? undefined : String(value);
  };
  if (where !== undefined && (row[where] ?? null) === null) return null;
  const values = args.map(given);
  if (values.includes(undefined)) return null;
  return [
    ...command,
    ...(values as string[]),
    ...Object.entries(options).flatMap(([option, keys]) =>
      [keys].flat().flatMap((key) => {
        const value = given(key);
        // What begins with a hyphen would be taken for another option.
        return value === undefined ? [] : value.startsWith('-') ? [`${option}=${value}`] : [option, value];
      }),
    ),
    ...more,
  ];
}

/** The commands of a row by their names in JSON; of several of one name, the first that leads somewhere. */
export function drillsOf(drills: readonly Drill[], row: ReportRow): Record<string, Command | null> {
  const found: Record<string, Command | null> = {};
  for (const drill of drills) found[drill.as] ??= drillOf(drill, row);
  return found;
}

/**
 * What a person reads below a table: for each kind of figure what is behind it, with the whole command for one row. The first that needs
 * attention is taken, otherwise the first that leads somewhere.
 */
export function drillHints({ rows, drills = [] }: { rows: readonly ReportRow[]; drills?: readonly Drill[] }): string[] {
  const ordered = [...rows.filter(needsAttention), ...rows];
  return drills.flatMap((drill) => {
    for (const row of ordered) {
      const command = drillOf(drill, row);
      if (command) return [`${drill.what}: ${commandText(command)}`];
    }
    return [];
  });
}

/** A command as it is typed into a shell. */
export function commandText(command: Command): string {
  return ['interlocal', ...command].map(shellWord).join(' ');
}

/** A word as a shell takes it: quoted where it has anything that a shell would not leave alone. */
function shellWord(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const ATTENTION = ['exception', 'not_covered', 'unreconciled', 'difference', 'overdue'];

function needsAttention(row: ReportRow): boolean {
  return ATTENTION.some((key) => typeof row[key] === 'number' && row[key] !== 0);
}
