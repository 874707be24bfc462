import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { connectorSchema } from '../../src/config/schema/connector.ts';
import type { ConnectorConfig, StreamConfig } from '../../src/config/schema/connector.ts';
import { selectorOf } from '../../src/connector/stream/select.ts';
import { fillText, optionVariables } from '../../src/connector/template.ts';
import { FileError } from '../../src/core/errors.ts';
import type { SourceRecord, Values } from '../../src/core/record.ts';
import { decodeWith } from '../../src/formats/formats.ts';
import { nameMatcher } from '../../src/transports/paths.ts';
import { stream as bytesOf } from '../formats/reading.ts';

const PACKS = fileURLToPath(new URL('../../connectors/', import.meta.url));

export interface Pack {
  name: string;
  connector: ConnectorConfig;
  fixtures: string;
}

/** What a recording must read as: connectors/<id>/fixtures/<stream>/records.json. */
export interface Expected {
  records: Values[];
  rejected?: { file?: string; line?: number; record?: number; code: string }[];
  refused?: { file: string; code: string }[];
}

export function packs(): Pack[] {
  return readdirSync(PACKS)
    .filter((name) => existsSync(join(PACKS, name, 'connector.yaml')))
    .map((name) => ({ name, connector: readManifest(join(PACKS, name, 'connector.yaml')), fixtures: join(PACKS, name, 'fixtures') }));
}

export function readManifest(file: string): ConnectorConfig {
  return connectorSchema.parse(parse(readFileSync(file, 'utf8')));
}

/** The fixture folders of a pack that have this file, by the stream or sink that they are named after. */
export function recordingsOf(pack: Pack, file: string): string[] {
  if (!existsSync(pack.fixtures)) return [];
  return readdirSync(pack.fixtures).filter((name) => existsSync(join(pack.fixtures, name, file)));
}

export function expectedOf(folder: string): Expected {
  return JSON.parse(readFileSync(join(folder, 'records.json'), 'utf8')) as Expected;
}

/** The pack's own options, as a town that gives none has them. */
export function defaultsOf(connector: ConnectorConfig): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(connector.options).flatMap(([name, option]) => (option.default === undefined ? [] : [[name, option.default]])),
  );
}

/** Reads the files of a recording as a run does: those that the stream's pattern takes, by name. */
export async function readFiles(connector: ConnectorConfig, stream: StreamConfig, folder: string): Promise<Required<Expected>> {
  const matches = nameMatcher(fillText(stream.retriever.files!.pattern, optionVariables(defaultsOf(connector))));
  const found: Required<Expected> = { records: [], rejected: [], refused: [] };
  const files = readdirSync(folder).filter((name) => name !== 'records.json');
  for (const file of files) {
    if (!matches(file)) throw new Error(`${file} is not a name that the stream takes.`);
    try {
      const records = await readFile(stream, file, readFileSync(join(folder, file)));
      found.records.push(...records.filter((r) => !r.problem).map((r) => r.values));
      found.rejected.push(
        ...records.flatMap((r) =>
          r.problem ? [{ file, line: r.line, record: r.number, code: r.problem.code } as Required<Expected>['rejected'][number]] : [],
        ),
      );
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      found.refused.push({ file, code: error.code });
    }
  }
  return found;
}

/** Throws FileError when the file is refused. */
export async function readFile(stream: StreamConfig, file: string, bytes: Uint8Array): Promise<SourceRecord[]> {
  const { fields } = stream.schema;
  const selector = selectorOf(stream, file);
  const records: SourceRecord[] = [];
  const lists = decodeWith(stream.decoder!, bytesOf(bytes), {
    file,
    requiredColumns: Object.keys(fields).filter((name) => !fields[name]!.optional),
    knownColumns: Object.keys(fields),
  });
  for await (const list of lists) records.push(...selector.select(list));
  selector.finish();
  return records;
}
