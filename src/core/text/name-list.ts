/**
 * Names that a file or an answer has, as a message lists them: `a, b, c and 12 more`. A damaged or hostile input has names of a megabyte, or
 * thousands of them; a person reads some.
 */
export function nameList(names: Iterable<string>, most = 20): string {
  const all = [...names];
  const shown = all.slice(0, most).map(shortName).join(', ');
  return all.length > most ? `${shown} and ${all.length - most} more` : shown;
}

/** One such name, on one line and cut where it is long. */
export function shortName(name: string): string {
  const start = name.slice(0, LONGEST + 1).replace(/[\r\n\t]+/g, ' ');
  return name.length > LONGEST ? `${start.slice(0, LONGEST)}…` : start;
}

const LONGEST = 60;
