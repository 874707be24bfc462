import type { StartSsh } from '../ssh-port.ts';
import type { ConnectorConfig, StreamConfig } from '../../../config/schema/connector.ts';
import type { Verdict } from '../finding.ts';
import { type RecordedText, recordedText } from '../recordings/changes.ts';
import type { Fixture, FixtureFile } from '../recordings/fixtures.ts';
import { fillText, type Variables } from '../../../connector/template.ts';
import { openUnpacked } from '../../../connector/sink/packing.ts';
import { InterlocalError } from '../../../core/errors.ts';
import { collected, keepInMemory, packedBytes } from '../../../formats/unpack/unpack.ts';
import { folderTransport } from '../../../transports/transports.ts';
import type { Bench, Setup } from '../bench.ts';
import { openBench, fieldsRead } from '../bench.ts';
import { goodOf, type Reading, readBytes } from '../reading.ts';
import { secretFiles, variablesFor } from '../secrets.ts';

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
  /** undefined: the file is not text, or is packed. */
  recorded: RecordedText | undefined;
  /** The options of the recordings, with their keys. */
  variables: Variables;
  /** Of packed files: the same stream of the same files, unpacked. */
  plain: FileContext | undefined;
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
  keys: Readonly<Record<string, string>>,
  startSsh?: StartSsh,
): Promise<FileContext | undefined> {
  const stream = connector.streams[name]!;
  // The files are the same however they were fetched; the transports have their own suites, and the online half.
  const { transport, options: source } = folderTransport('source');
  const onDisk: ConnectorConfig = { ...connector, transport, transport_options: {} };
  const setup: Setup = {
    connector: onDisk,
    stream: name,
    options: { ...options, ...source },
    secrets: secretFiles(keys),
    fields: [],
  };
  const variables = variablesFor(setup.options, keys);
  const files = { ...stream.retriever.files!, pattern: fillText(stream.retriever.files!.pattern, variables) };
  const filled: StreamConfig = { ...stream, retriever: { files } };
  const refused = new Set(fixture.refused.map((r) => r.file));
  let best: { file: FixtureFile; reading: Reading } | undefined;
  for (const file of fixture.files!) {
    if (refused.has(file.name)) continue;
    const reading = await readBytes(filled, file.name, file.bytes, variables);
    if (!reading.refused && (!best || goodOf(reading).length > goodOf(best.reading).length)) best = { file, reading };
  }
  if (!best || goodOf(best.reading).length === 0) return undefined;
  const { file, reading } = best;
  setup.fields = fieldsRead(stream, fixture, reading);
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
    recorded: files.unpack ? undefined : recordedText(stream.decoder!, file.bytes),
    variables,
    plain:
      files.unpack &&
      (await fileContext(withoutPacking(connector, name), name, await plainFixture(fixture, filled, variables), options, keys)),
    read: (bytes) => readBytes(filled, file.name, bytes, variables),
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

function withoutPacking(connector: ConnectorConfig, name: string): ConnectorConfig {
  const stream = connector.streams[name]!;
  const { unpack: _, ...files } = stream.retriever.files!;
  return { ...connector, streams: { ...connector.streams, [name]: { ...stream, retriever: { files } } } };
}

/** The recorded files as they are unpacked, under the same names; those that cannot be unpacked are left out. */
async function plainFixture(fixture: Fixture, stream: StreamConfig, variables: Variables): Promise<Fixture> {
  const files: FixtureFile[] = [];
  for (const { name, bytes } of fixture.files!) {
    const plain = await unpackedBytes(stream, name, bytes, variables);
    if (plain) files.push({ name, bytes: plain });
  }
  return { ...fixture, files };
}

async function unpackedBytes(stream: StreamConfig, file: string, bytes: Buffer, variables: Variables): Promise<Buffer | undefined> {
  try {
    const unpacked = await openUnpacked(packedBytes(bytes), stream.retriever.files!.unpack, { file, variables, keep: keepInMemory });
    return await collected(unpacked.read());
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return undefined;
  }
}
