import type { Value, Values } from '../../core/record.ts';

/** What is in a manifest. */
export type Plain = string | number | boolean | null | Plain[] | PlainMap;
export interface PlainMap {
  [name: string]: Plain;
}

/** One field as discover proposes it: text unless every value speaks for something else. */
export interface ProposedField {
  name: string;
  type: 'text' | 'integer' | 'decimal' | 'date' | 'datetime' | 'boolean' | 'list' | 'object';
  format?: string;
  required?: boolean;
  optional?: boolean;
  personal?: boolean;
  /** Why, in words with numbers: "24 of 24 values are dates MM/DD/YYYY". */
  evidence: string;
}

/** A set of fields that names each record of the sample. */
export interface ProposedKey {
  fields: string[];
  repeats?: 'number';
  evidence: string;
}

/** A stream as it can be pasted into a manifest. */
export interface ProposedStream {
  name: string;
  description: string;
  retriever: PlainMap;
  decoder?: PlainMap;
  record_selector?: PlainMap;
  control?: PlainMap[];
  incremental?: PlainMap;
  paginator?: PlainMap;
  fields: ProposedField[];
  /** The best first. */
  keys: ProposedKey[];
  /** What was seen of the whole: encoding, delimiter, header. */
  evidence: string[];
}

/** What discover found. */
export interface Discovery {
  /** What was looked at. */
  source: string;
  streams: ProposedStream[];
  /** Options that the templates of the streams name, with a description. */
  options: Record<string, PlainMap>;
  /** What every connection to it needs: SOAP 1.2. */
  transport_options?: PlainMap;
  notes: string[];
}

/** Records of a sample, flat or nested. */
export type Sample = readonly Values[];

/** `24 of 24`, with separators. */
export function outOf(n: number, all: number): string {
  return `${n.toLocaleString('en-US')} of ${all.toLocaleString('en-US')}`;
}

/** A name fit for a stream: lower-case words joined by -. */
export function streamName(text: string): string {
  const words = text
    .replace(/\.[^.]*$/, '')
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .replace(/[^A-Za-z]+/g, '-')
    .toLowerCase()
    .split('-')
    // Letters within dates and numbers: 2026-W08.
    .filter((word) => word.length > 1)
    .join('-');
  return (words || 'records').slice(0, 60).replace(/-$/, '');
}

/** Each stream under a name of its own, where several were called alike: GetPermits and ListPermits, BILLS_2025 and BILLS_2026. */
export function withOwnNames(streams: ProposedStream[]): ProposedStream[] {
  const taken = new Set<string>();
  for (const stream of streams) {
    const name = stream.name;
    for (let n = 2; taken.has(stream.name); n++) stream.name = `${name}-${n}`;
    taken.add(stream.name);
  }
  return streams;
}

/** No record of a system has as many fields; one that is damaged seems to. */
export const MAX_FIELDS = 2000;

/** The names of fields over all records, in the order in which they first come; at most one more than MOST_FIELDS. */
export function fieldNames(sample: Sample): string[] {
  const names = new Set<string>();
  for (const values of sample)
    for (const name of Object.keys(values)) {
      if (names.size > MAX_FIELDS) break;
      names.add(name);
    }
  return [...names];
}

export function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}
