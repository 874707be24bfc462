import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ConnectorConfig, SinkConfig } from '../config/schema/connector.ts';
import type { Problem } from '../core/errors.ts';
import type { Values } from '../core/record.ts';
import {
  type Exchange,
  type FixtureFile,
  type FixtureTable,
  namesIn,
  OURS,
  readExchanges,
  readJson,
  readTables,
  value,
} from './certify-fixtures.ts';

/*
 * Recordings of a sink, in connectors/<id>/fixtures/<sink>/: records, and what became of them at the other side.
 *   all       records.json: the records as a mapping gives them; answers.json: which were accepted, which rejected, and why
 *   files     the file that the system accepted; answers/: the files with which it answered
 *   requests  exchanges.json: what was asked and what was answered, log-in and read-back too
 *   tables    tables.json: the tables before; expected.json: their rows after
 */

const SINKS_OWN = ['answers.json', 'expected.json'];
const keys = z.array(z.string()).min(1);
const answerCase = z.strictObject({
  files: z.array(z.string()).optional(),
  accepted: z.array(keys).default([]),
  rejected: z.array(z.strictObject({ key: keys, reason: z.string().optional() })).default([]),
});
const answersFile = z.union([answerCase, z.array(answerCase).min(1)]);
const expectedFile = z.record(z.string(), z.array(z.array(z.union([z.string(), z.null(), z.number()]))));
const sinkFile = z.strictObject({
  context: z.strictObject({ date: z.string(), sequence: z.int() }).default({ date: '2026-03-02', sequence: 1 }),
  records: z.array(z.record(z.string(), value)).min(1),
});

/** What the system said of records that it was sent, by the values of their idempotency key. */
export interface AnswerCase {
  /** Names in answers/, of sinks that write files. */
  files: string[];
  accepted: string[][];
  rejected: { key: string[]; reason?: string | undefined }[];
}

/** Records, what a sink must make of them, and what the system made of that. */
export interface SinkFixture {
  /** Absolute. */
  folder: string;
  context: { date: string; sequence: number };
  records: Values[];
  /** Of files: the one that the system accepted. */
  file: FixtureFile | undefined;
  answerFiles: FixtureFile[];
  answers: AnswerCase[];
  exchanges?: Exchange[];
  tables?: Record<string, FixtureTable>;
  /** Table → rows, in the columns of `tables`. */
  expected?: z.output<typeof expectedFile>;
}

/** Reads the recordings of a pack's sinks; whatever is missing or wrong is added to `problems`, by file. */
export async function readSinkFixtures(pack: string, connector: ConnectorConfig, problems: Problem[]): Promise<Map<string, SinkFixture>> {
  const sinks = new Map<string, SinkFixture>();
  for (const [name, sink] of Object.entries(connector.sinks)) {
    const fixture = await readSinkFixture(join(pack, 'fixtures', name), name, sink, problems);
    if (fixture) sinks.set(name, fixture);
  }
  return sinks;
}

async function readSinkFixture(folder: string, name: string, sink: SinkConfig, problems: Problem[]): Promise<SinkFixture | undefined> {
  const shown = `fixtures/${name}`;
  const given = await readJson(folder, 'records.json', sinkFile, problems, false, shown);
  if (!given) return undefined;
  const files = sink.target.file ? (await namesIn(folder)).filter((file) => !OURS.includes(file) && !SINKS_OWN.includes(file)) : [];
  if (files.length > 1)
    problems.push({
      code: 'FIXTURE_NAME',
      place: { file: shown },
      message: `A sink writes one file of its records, and there are ${files.join(', ')}.`,
      hint: 'Leave the one that it must write.',
    });
  const answerFiles = await Promise.all(
    (await namesIn(join(folder, 'answers'))).map(async (file) => ({ name: file, bytes: await readFile(join(folder, 'answers', file)) })),
  );
  const fixture: SinkFixture = {
    folder,
    ...given,
    file: files[0] === undefined ? undefined : { name: files[0], bytes: await readFile(join(folder, files[0])) },
    answerFiles,
    answers: await readAnswers(folder, shown, sink, answerFiles, problems),
  };
  if (sink.target.request) {
    fixture.exchanges = await readExchanges(folder, shown, problems);
    if (!fixture.exchanges) return undefined;
  }
  if (sink.target.table) {
    fixture.tables = await readTables(folder, problems, shown);
    fixture.expected = await readJson(folder, 'expected.json', expectedFile, problems, false, shown);
    if (!fixture.tables || !fixture.expected) return undefined;
  }
  return fixture;
}

async function readAnswers(
  folder: string,
  shown: string,
  sink: SinkConfig,
  answerFiles: readonly FixtureFile[],
  problems: Problem[],
): Promise<AnswerCase[]> {
  const given = await readJson(folder, 'answers.json', answersFile, problems, answerFiles.length === 0, shown);
  const there = answerFiles.map((file) => file.name);
  const cases = [given ?? []].flat().map((one) => ({ ...one, files: one.files ?? there }));
  for (const { files, accepted, rejected } of cases) {
    for (const file of files)
      if (!there.includes(file))
        problems.push({
          code: 'FIXTURE_MISSING',
          place: { file: `${shown}/answers/${file}` },
          message: 'answers.json names this file, and it is not there.',
          hint: 'Add it, or take it out of "files".',
        });
    for (const key of [...accepted, ...rejected.map((one) => one.key)])
      if (key.length !== sink.idempotency_key.length)
        problems.push({
          code: 'FIXTURE_INVALID',
          place: { file: `${shown}/answers.json` },
          message: `The key ${JSON.stringify(key)} has another number of values than idempotency_key (${sink.idempotency_key.join(', ')}).`,
          hint: 'Give the values of these fields, in that order.',
        });
  }
  return cases;
}
