import fc from 'fast-check';
import { readBytes } from '../../../src/authoring/certify/reading.ts';
import { webPageError } from '../../../src/transports/web/web-page.ts';
import { parseXml, XmlProblem } from '../../../src/transports/xml.ts';
import { verdictOf } from '../attempt.ts';
import type { StreamFile } from '../pack-files.ts';
import { subject, type Subject, type Verdict } from '../subject.ts';
import { worstFiles, worstXml } from '../worst-cases.ts';

/** A file, or the body of a SOAP answer. */
type Made = StreamFile | string;
interface Input {
  name: string;
  size: number;
  make(bytes: number): Made | Promise<Made>;
}

/** Large sizes show what grows faster than its input: the watcher gives each a second of processor time for a megabyte. */
const SIZES = [1000, 30_000, 1_000_000];

/** What each reader finds hardest, small and grown: many attributes, names, quotes, comments, columns, levels. */
export function worstSubject(weight: number): Subject {
  const bodies = worstXml().map(({ name, make }) => ({ name: `soap: ${name}`, make }));
  const inputs = fc
    .record({ one: fc.constantFrom<Omit<Input, 'size'>>(...worstFiles(), ...bodies), size: fc.constantFrom(...SIZES) })
    .map(({ one, size }): Input => ({ ...one, size }));
  return subject<Input>({
    name: 'worst',
    weight,
    inputs,
    attempt: async ({ size, make }) => tried(await make(size)),
    bytesOf: ({ size }) => new Uint8Array(size),
    about: ({ name, size }) => `${name}, ${size} bytes, as scripts/fuzz/worst-cases.ts makes it`,
  });
}

async function tried(made: Made): Promise<Verdict> {
  if (typeof made !== 'string') return verdictOf(await readBytes(made.stream, made.file, made.bytes, {}));
  webPageError(made, 'worst');
  try {
    parseXml(made);
    return { state: 'read', codes: [] };
  } catch (error) {
    if (!(error instanceof XmlProblem)) throw error;
    return { state: 'refused', codes: ['ANSWER_UNREADABLE'] };
  }
}
