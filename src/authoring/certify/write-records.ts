import { wsdlOf } from './options.ts';
import { counted } from '../../core/text/counted.ts';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fixture } from './recordings/fixtures.ts';
import { FatalError } from '../../core/errors.ts';
import { type Pack, readPack } from './pack.ts';
import type { StartTables } from './query/context.ts';
import { readBytes, saidOf } from './reading.ts';
import type { Read } from './recording-check.ts';
import { optionsFor, variablesFor } from './secrets.ts';

/**
 * Writes records.json of each recorded stream as it reads now, for a person to look through: from then on it is what the
 * stream must read as. Of sinks the records are what is given: what is written of them is put next to them where there is nothing yet,
 * the file or expected.json; what a service answers nobody can make up. `note` is told what was written down as refused or rejected. Gives the files. Throws FatalError for a service or database that does not read.
 */
export async function writeRecords(
  folder: string,
  startTables: StartTables | undefined,
  note: (text: string) => void = () => {},
): Promise<string[]> {
  const begun = new Map<string, string>();
  try {
    return await writeAll(folder, startTables, begun, note);
  } finally {
    // What was only begun would pass for a recording that has no records.
    for (const [file, text] of begun) if ((await readFile(file, 'utf8').catch(() => undefined)) === text) await rm(file);
  }
}

async function writeAll(
  folder: string,
  startTables: StartTables | undefined,
  begun: Map<string, string>,
  note: (text: string) => void,
): Promise<string[]> {
  const fixtures = join(folder, 'fixtures');
  const { connector } = await readPack(folder);
  // What is not there yet is empty to begin with.
  const begin = async (name: string, file: string, text: string): Promise<boolean> => {
    if (!existsSync(join(fixtures, name)) || existsSync(join(fixtures, name, file))) return false;
    await writeFile(join(fixtures, name, file), text);
    begun.set(join(fixtures, name, file), text);
    return true;
  };
  const empty = new Set<string>();
  for (const name of Object.keys(connector?.streams ?? {})) await begin(name, 'records.json', '{ "records": [] }\n');
  for (const [name, sink] of Object.entries(connector?.sinks ?? {}))
    if (sink.target.table && (await begin(name, 'expected.json', '{}\n'))) empty.add(name);
  const pack = await readPack(folder);
  const written: string[] = [];
  for (const [name, fixture] of pack.fixtures.streams) {
    const reads = await readAgain(pack, name, fixture, startTables);
    await writeFile(
      join(fixture.folder, 'records.json'),
      `${JSON.stringify({ ...(fixture.now === undefined ? {} : { now: fixture.now }), ...expectedOf(reads) }, null, 2)}\n`,
    );
    written.push(`fixtures/${name}/records.json`);
    for (const text of notRead(reads)) note(text);
  }
  const { writtenBySink } = await import('./write-sinks.ts');
  for (const [name, fixture] of pack.sinks) {
    const made = await writtenBySink(pack, name, fixture, empty.has(name) ? startTables : undefined);
    if (!made) continue;
    await writeFile(join(fixture.folder, made.file), made.bytes);
    written.push(`fixtures/${name}/${made.file}`);
  }
  return written;
}

async function readAgain(pack: Pack, name: string, fixture: Fixture, startTables: StartTables | undefined): Promise<Read[]> {
  const connector = pack.connector!;
  const given = optionsFor(connector, pack.fixtures);
  if (fixture.files) {
    const variables = variablesFor(given, pack.fixtures.keys);
    const reads: Read[] = [];
    for (const { name: file, bytes } of fixture.files)
      reads.push({ file, reading: await readBytes(connector.streams[name]!, file, bytes, variables) });
    return reads;
  }
  if (fixture.exchanges) {
    const { openRequestContext } = await import('./request/context.ts');
    const context = await openRequestContext(
      connector,
      name,
      fixture,
      pack.folder,
      await wsdlOf(pack, connector.streams[name]!.retriever.request!.operation),
      given,
    );
    await context.server.close();
    if (context.reading.refused) throw refused(name, saidOf(context.reading.refused));
    return [{ reading: context.reading }];
  }
  if (!startTables) throw refused(name, 'this installation has no server for recorded tables');
  const { queryContext } = await import('./query/context.ts');
  const context = queryContext(connector, name, fixture, given, startTables);
  const reading = await context.withServer(context.read);
  if (reading.refused) throw refused(name, saidOf(reading.refused));
  return [{ reading }];
}

/** What does not read is written down too: a person must say whether it is meant to be so. */
function notRead(reads: readonly Read[]): string[] {
  const aside = reads.flatMap(({ reading }) => reading.records.filter((record) => record.problem));
  return [
    ...reads.flatMap(({ file, reading }) =>
      reading.refused
        ? [`${file} does not read, and is written down as refused (${saidOf(reading.refused)}) Check whether that is right.`]
        : [],
    ),
    ...(aside.length
      ? [
          `${counted(aside.length, 'record')} written down as rejected, the first for ${saidOf([aside[0]!.problem!])} Check whether that is right.`,
        ]
      : []),
  ];
}

function expectedOf(reads: readonly Read[]): object {
  const all = reads.flatMap(({ file, reading }) => reading.records.map((record) => ({ file, record })));
  const refusedFiles = reads.flatMap(({ file, reading }) => (reading.refused ? [{ file: file!, code: reading.refused[0]!.code }] : []));
  const rejected = all.flatMap(({ file, record }) =>
    record.problem
      ? [
          {
            ...(reads.length > 1 ? { file } : {}),
            ...(record.line === undefined ? { record: record.number } : { line: record.line }),
            code: record.problem.code,
          },
        ]
      : [],
  );
  return {
    records: all.flatMap(({ record }) => (record.problem ? [] : [record.values])),
    ...(rejected.length ? { rejected } : {}),
    ...(refusedFiles.length ? { refused: refusedFiles } : {}),
  };
}

function refused(stream: string, why: string): FatalError {
  return new FatalError({
    code: 'FIXTURE_INVALID',
    place: { path: stream },
    message: `The recording of ${stream} does not read: ${why}.`,
    hint: 'Fix the connector or the recording; then write its records.',
  });
}
