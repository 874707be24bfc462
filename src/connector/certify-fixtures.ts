import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { explainIssues } from '../config/explain.ts';
import { keysAt } from '../config/schema-at.ts';
import type { ConnectorConfig, StreamConfig } from '../config/schema/connector.ts';
import type { Problem } from '../core/errors.ts';
import type { Value, Values } from '../core/record.ts';
import { JsonDefect, readJson as strictJson } from '../formats/json-scan.ts';
import { nameMatcher } from '../transports/paths.ts';
import { problemsOfTables } from './certify-table-check.ts';
import { fillText, namesIn as placeholdersOf, optionVariables } from './template.ts';

/*
 * Recordings of a stream, in connectors/<id>/fixtures/<stream>/: what the system gave, and what it must read as.
 *   files     the input files, named as the stream's pattern wants them
 *   requests  exchanges.json: what was asked and what was answered
 *   queries   tables.json: the tables with their columns and rows
 *   all       records.json: the records, those set aside, and the files refused; `now`, when it was recorded, where how often is
 *             asked depends on the day (incremental.window)
 * fixtures/options.json has values for options that the recordings were made with, where the defaults do not do.
 * fixtures/<option>.asc is the key of an option that files are decrypted or their signatures checked with: made for the
 * recordings alone, without a passphrase.
 */

/** Values of a record: text, nothing, lists and groups. */
export const value: z.ZodType<Value> = z.lazy(() => z.union([z.string(), z.null(), z.array(value), z.record(z.string(), value)]));
const recordsFile = z.strictObject({
  records: z.array(z.record(z.string(), value)),
  rejected: z
    .array(z.strictObject({ file: z.string().optional(), line: z.int().optional(), record: z.int().optional(), code: z.string() }))
    .default([]),
  refused: z.array(z.strictObject({ file: z.string(), code: z.string() })).default([]),
  now: z.iso.datetime().optional(),
});
const anything: z.ZodType<unknown> = z.unknown();
const exchange = z.strictObject({
  request: z.strictObject({
    operation: z.string().optional(),
    body: anything.optional(),
    /** SOAP: elements of the header, beside those of WS-Security. */
    header: z.record(z.string(), anything).optional(),
    method: z.string().optional(),
    path: z.string().optional(),
    query: z.record(z.string(), z.string()).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    /** Its body, byte for byte, where an encoder writes it. */
    file: z.string().optional(),
  }),
  answer: z.strictObject({
    status: z.int().default(200),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.union([z.string(), z.array(anything), z.record(z.string(), anything)]).optional(),
    file: z.string().optional(),
  }),
});
const tablesFile = z.record(
  z.string(),
  z.strictObject({
    columns: z.record(z.string(), z.string()),
    key: z.array(z.string()).optional(),
    rows: z.array(z.array(z.union([z.string(), z.null(), z.number()]))),
  }),
);
const optionsFile = z.record(z.string(), z.unknown());

export interface Exchange {
  request: Omit<z.output<typeof exchange>['request'], 'file'> & { text?: string };
  answer: { status: number; headers: Record<string, string>; body: Buffer; name?: string };
}
export interface FixtureTable {
  columns: Record<string, string>;
  /** Columns of its primary key, where it has several. */
  key?: string[] | undefined;
  rows: (string | number | null)[][];
}
export interface FixtureFile {
  name: string;
  bytes: Buffer;
}

/** One stream's recording. Exactly one of files, exchanges and tables is given. */
export interface Fixture {
  stream: string;
  /** Absolute. */
  folder: string;
  records: Values[];
  rejected: { file?: string; line?: number; record?: number; code: string }[];
  refused: { file: string; code: string }[];
  /** UTC. */
  now?: string | undefined;
  files?: FixtureFile[];
  exchanges?: Exchange[];
  tables?: Record<string, FixtureTable>;
}

export interface Fixtures {
  options: Record<string, unknown>;
  /** Keys by the name of their option. */
  keys: Record<string, string>;
  streams: Map<string, Fixture>;
  /** Names of the WSDL files in fixtures/. */
  wsdls: string[];
  problems: Problem[];
}

/** Files of a recording that are not what the system gave. */
export const OURS = ['records.json', 'exchanges.json', 'tables.json', 'README.md'];

/** Reads the recordings of a pack; whatever is missing or wrong is in `problems`, by file. */
export async function readFixtures(pack: string, connector: ConnectorConfig): Promise<Fixtures> {
  const root = join(pack, 'fixtures');
  const problems: Problem[] = [];
  const options = (await readJson(root, 'options.json', optionsFile, problems, true)) ?? {};
  const wsdls = (await namesIn(root)).filter((name) => name.endsWith('.wsdl'));
  const keys = await readKeys(root, connector, problems);
  const streams = new Map<string, Fixture>();
  for (const [name, stream] of Object.entries(connector.streams)) {
    const fixture = await readFixture(root, name, stream, { ...defaultsOf(connector), ...options }, problems);
    if (fixture) streams.set(name, fixture);
  }
  const known = [...Object.keys(connector.streams), ...Object.keys(connector.sinks)];
  for (const folder of await namesIn(root, true))
    if (!known.includes(folder))
      problems.push({
        code: 'FIXTURE_UNKNOWN',
        place: { file: `fixtures/${folder}` },
        message: `There is a recording for "${folder}", and the connector has no such stream or sink.`,
        hint: `It has ${known.join(', ')}.`,
      });
  return { options, keys, streams, wsdls, problems };
}

/** The keys that the steps of unpack name, as far as they are secrets of the connection. */
async function readKeys(root: string, connector: ConnectorConfig, problems: Problem[]): Promise<Record<string, string>> {
  const keys: Record<string, string> = {};
  const texts = Object.values(connector.streams)
    .flatMap(({ retriever }) => retriever.files?.unpack ?? [])
    .flatMap(({ pgp }) => (pgp ? [pgp.private_key, pgp.signed_by ?? ''] : []));
  for (const option of new Set(texts.flatMap(placeholdersOf).map((name) => name.replace(/^options\./, '')))) {
    if (connector.options[option]?.type !== 'secret') continue;
    const key = await readFile(join(root, `${option}.asc`), 'utf8').catch(() => undefined);
    if (key !== undefined) keys[option] = key;
    else
      problems.push({
        code: 'FIXTURE_MISSING',
        place: { file: `fixtures/${option}.asc` },
        message: 'The recordings are encrypted or signed, and the key to read them with is not there.',
        hint: 'Make a pair of keys for the recordings alone, without a passphrase, encrypt them for it, and put the armored key there; never the key of a town.',
      });
  }
  return keys;
}

/** The connector's options as its manifest presets them. */
export function defaultsOf(connector: ConnectorConfig): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(connector.options).flatMap(([name, spec]) => (spec.default === undefined ? [] : [[name, spec.default]])),
  );
}

async function readFixture(
  root: string,
  name: string,
  stream: StreamConfig,
  options: Record<string, unknown>,
  problems: Problem[],
): Promise<Fixture | undefined> {
  const folder = join(root, name);
  const shown = `fixtures/${name}`;
  const names = await namesIn(folder);
  const kind = stream.retriever.files ? 'files' : stream.retriever.request ? 'request' : 'query';
  const needed = kind === 'files' ? `a file that its pattern matches` : kind === 'request' ? 'exchanges.json' : 'tables.json';
  if (names.length === 0) {
    problems.push({
      code: 'FIXTURE_MISSING',
      place: { file: shown },
      message: `The stream ${name} has no recording.`,
      hint: `Put ${needed} into ${shown}/: a few records with nobody's real name in them are enough; then interlocal certify --write-records writes records.json.`,
    });
    return undefined;
  }
  const expected = await readJson(folder, 'records.json', recordsFile, problems, false, shown);
  if (!expected) return undefined;
  const fixture: Fixture = { stream: name, folder, ...expected };
  if (kind === 'files') {
    const pattern = fillText(stream.retriever.files!.pattern, optionVariables(options));
    const matches = nameMatcher(pattern);
    const marker = stream.retriever.files!.marker;
    fixture.files = [];
    for (const file of names) {
      if (OURS.includes(file)) continue;
      if (matches(file)) fixture.files.push({ name: file, bytes: await readFile(join(folder, file)) });
      else if (!marker)
        problems.push({
          code: 'FIXTURE_NAME',
          place: { file: `${shown}/${file}` },
          message: `The stream reads files called ${pattern || '(nothing)'}; this one would never be read.`,
          hint: 'Rename it, or correct the pattern; options.json beside the streams gives options other values.',
        });
    }
    if (fixture.files.length === 0) return missing(needed);
  } else if (kind === 'request') {
    fixture.exchanges = await readExchanges(folder, shown, problems);
    if (!fixture.exchanges) return undefined;
  } else fixture.tables = await readTables(folder, problems, shown);
  return kind === 'query' && !fixture.tables ? undefined : fixture;

  function missing(what: string): undefined {
    problems.push({ code: 'FIXTURE_MISSING', place: { file: shown }, message: `The recording of ${name} lacks ${what}.`, hint: 'Add it.' });
    return undefined;
  }
}

/** tables.json; undefined, with the reason in `problems`, when it cannot be used. */
export async function readTables(folder: string, problems: Problem[], shown: string): Promise<Record<string, FixtureTable> | undefined> {
  const tables = await readJson(folder, 'tables.json', tablesFile, problems, false, shown);
  const wrong = tables ? problemsOfTables(tables, `${shown}/tables.json`) : [];
  problems.push(...wrong);
  return wrong.length ? undefined : tables;
}

/** exchanges.json with the files that it names; undefined, with the reason in `problems`, when it cannot be used. */
export async function readExchanges(folder: string, shown: string, problems: Problem[]): Promise<Exchange[] | undefined> {
  const list = await readJson(folder, 'exchanges.json', z.array(exchange).min(1), problems, false, shown);
  if (!list) return undefined;
  const fileOf = async (name: string, what: string): Promise<Buffer | undefined> => {
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    if (!bytes)
      problems.push({
        code: 'FIXTURE_MISSING',
        place: { file: `${shown}/${name}` },
        message: 'exchanges.json names this file, and it is not there.',
        hint: `Add it, or put the ${what} into "body".`,
      });
    return bytes;
  };
  const exchanges: Exchange[] = [];
  for (const { request, answer } of list) {
    const { file, ...asked } = request;
    const text = file === undefined ? undefined : await fileOf(file, 'request');
    const plain = typeof answer.body === 'string' ? answer.body : answer.body === undefined ? '' : JSON.stringify(answer.body);
    const body = answer.file === undefined ? Buffer.from(plain) : await fileOf(answer.file, 'answer');
    if (body)
      exchanges.push({
        request: { ...asked, ...(text === undefined ? {} : { text: text.toString('utf8') }) },
        answer: { status: answer.status, headers: answer.headers, body, name: answer.file },
      });
  }
  return exchanges;
}

/** A JSON file of a recording, checked; undefined, with the reason in `problems`, when it is not there or not as it must be. */
export async function readJson<T extends z.ZodType>(
  folder: string,
  name: string,
  schema: T,
  problems: Problem[],
  optional: boolean,
  shown = 'fixtures',
): Promise<z.output<T> | undefined> {
  const file = `${shown}/${name}`;
  let text: string;
  try {
    text = await readFile(join(folder, name), 'utf8');
  } catch {
    if (!optional)
      problems.push({
        code: 'FIXTURE_MISSING',
        place: { file },
        message: `${name} is not there.`,
        // Of a sink, records.json is what is given, which nobody else can know.
        hint:
          (schema as z.ZodType) === recordsFile || name === 'expected.json'
            ? 'interlocal certify --write-records writes it as the recording reads now; look it through.'
            : 'The vendor guide (docs/vendor-guide.md) shows what stands in it.',
      });
    return undefined;
  }
  let json: unknown;
  try {
    // Editors on Windows put a byte order mark in front.
    json = JSON.parse(text.replace(/^\ufeff/, ''));
    strictJson(text.replace(/^\ufeff/, ''));
  } catch (error) {
    problems.push({
      code: 'FIXTURE_INVALID',
      place: { file },
      message: `${error instanceof JsonDefect ? 'This JSON cannot be relied on' : 'This is no JSON'}: ${(error as Error).message}.`,
      hint: 'Correct it.',
    });
    return undefined;
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  problems.push(...wrongIn(file, json, schema, parsed.error.issues));
  return undefined;
}

/** What is wrong with a file of a recording, with the keys that it may have. */
function wrongIn(file: string, json: unknown, schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): Problem[] {
  // JSON has no positions here: the path says where.
  const place = () => ({ file, line: 1, column: 1 });
  return explainIssues(issues, schema, json, { at: place, keyAt: place, source: () => undefined })
    .slice(0, 5)
    .map(({ code, place: { path = '' }, message, hint }) => {
      const parts = path.split(/[.[\]]+/).filter((part) => part !== '');
      const parent = parts.slice(0, -1).map((part) => (/^\d+$/.test(part) ? Number(part) : part));
      const known = code === 'KEY_UNKNOWN' ? keysAt(schema, parent) : [];
      const inRecord = parts[0] === 'records' && parts.length > 2;
      const hints = [
        hint?.startsWith('Known here') ? undefined : hint,
        known.length ? `There may be ${known.join(', ')}.` : undefined,
        inRecord ? 'All values in records are text as the system writes it ("0042", "12.50"), null, lists or objects.' : undefined,
      ].filter((one) => one !== undefined);
      return {
        code: 'FIXTURE_INVALID',
        place: { file, ...(path ? { path } : {}) },
        message: message.replace(/^./, (c) => c.toUpperCase()),
        hint: hints.join(' ') || 'The vendor guide (docs/vendor-guide.md) shows what stands in it.',
      };
    });
}

/** Names of the files of a folder, or of its folders; none when it is not there. */
export async function namesIn(folder: string, folders = false): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() === folders && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}
