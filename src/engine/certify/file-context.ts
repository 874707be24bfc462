import type { ConnectorConfig, StreamConfig } from '../../config/schema/connector.ts';
import type { Verdict } from '../../connector/certify.ts';
import { type RecordedText, recordedText } from '../../connector/certify-changes.ts';
import type { Fixture, FixtureFile } from '../../connector/certify-fixtures.ts';
import { fillText, optionVariables } from '../../connector/template.ts';
import type { Bench, Setup } from './bench.ts';
import { openBench, plainFields } from './bench.ts';
import { goodOf, type Reading, readBytes } from './reading.ts';
import { CANARY_FILES } from './secrets.ts';
import type { StartSsh } from './ssh-login.ts';

/** What the checks of a stream of files work with. */
export interface FileContext {
  name: string;
  /** As it is in the pack; the benches read the same files from a folder. */
  connector: ConnectorConfig;
  stream: StreamConfig;
  fixture: Fixture;
  setup: Setup;
  /** The recorded file that the changes are made to: the one with the most records. */
  main: FixtureFile;
  /** Where this installation has an SSH server of its own. */
  startSsh: StartSsh | undefined;
  reading: Reading;
  /** undefined: the file is no text. */
  recorded: RecordedText | undefined;
  read(bytes: Uint8Array): Promise<Reading>;
  bench(): Promise<Bench>;
  /** Changes by an earlier check are not kept. */
  withBench<T>(work: (bench: Bench) => Promise<T>): Promise<T>;
}

export interface FileCheck {
  check: string;
  title: string;
  run(context: FileContext): Promise<Verdict>;
}

/** undefined: not one recorded file reads, which the check against the recording says. */
export async function fileContext(
  connector: ConnectorConfig,
  name: string,
  fixture: Fixture,
  options: Record<string, unknown>,
  startSsh?: StartSsh,
): Promise<FileContext | undefined> {
  const stream = connector.streams[name]!;
  // The files are the same however they were fetched; the transports have their own suites, and the online half.
  const onDisk: ConnectorConfig = { ...connector, transport: 'folder', transport_options: {} };
  const setup: Setup = {
    connector: onDisk,
    stream: name,
    options: { ...options, path: 'source' },
    secrets: CANARY_FILES,
    fields: plainFields(stream, fixture.records),
  };
  const variables = optionVariables(setup.options);
  const filled: StreamConfig = {
    ...stream,
    retriever: { files: { ...stream.retriever.files!, pattern: fillText(stream.retriever.files!.pattern, variables) } },
  };
  const refused = new Set(fixture.refused.map((r) => r.file));
  let best: { file: FixtureFile; reading: Reading } | undefined;
  for (const file of fixture.files!) {
    if (refused.has(file.name)) continue;
    const reading = await readBytes(filled, file.name, file.bytes);
    if (!reading.refused && (!best || goodOf(reading).length > goodOf(best.reading).length)) best = { file, reading };
  }
  if (!best || goodOf(best.reading).length === 0) return undefined;
  const { file, reading } = best;
  const bench = () => openBench(setup);
  return {
    name,
    connector,
    stream: filled,
    fixture,
    setup,
    main: file,
    startSsh,
    reading,
    recorded: recordedText(stream.decoder!, file.bytes),
    read: (bytes) => readBytes(filled, file.name, bytes),
    bench,
    async withBench(work) {
      const open = await bench();
      try {
        return await work(open);
      } finally {
        await open.close();
      }
    },
  };
}
