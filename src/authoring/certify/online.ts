import { type CertifyOptions, looked } from './options.ts';
import { counted } from '../../core/text/counted.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openOptions } from '../../config/connection-options.ts';
import { connectorOf, type Project } from '../../config/project.ts';
import type { SinkConfig, StreamConfig } from '../../config/schema/connector.ts';
import { type Certificate, fails, type Finding, holds, holdsBut, type Verdict } from './finding.ts';
import { checkTables } from '../../connector/sink/check-tables.ts';
import { isGuessed } from '../../connector/source/next-page.ts';
import { readStream } from '../../connector/source/read-stream.ts';
import { columnsOf } from '../../connector/stream/field-paths.ts';
import { selectorOf } from '../../connector/stream/select.ts';
import { fillText, optionVariables, type Variables } from '../../connector/template.ts';
import { openUnpacked } from '../../connector/sink/packing.ts';
import { ConfigError, InterlocalError } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import { decodeWith } from '../../formats/formats.ts';
import { openTransport, transportOf } from '../../transports/transports.ts';
import type { Refusal } from '../../transports/declaration.ts';
import type { CheckResult, FileTransport, Transport } from '../../transports/transport.ts';
import { openConnection } from '../../engine/run/connection.ts';
import { checkSinkTarget } from '../../engine/outbound/sink-target.ts';
import { keep } from '../../engine/inbound/spool.ts';
import { certificateOf } from './certify.ts';
import { lint } from './lint.ts';
import type { Pack } from './pack.ts';
import { saidOf, withKeys } from './reading.ts';

/** A look is enough to see whether the schema holds; the rest is for runs. */
const MAX_RECORDS = 5000;

/**
 * The online half: the real system is reached, the first file, page or rows of each stream are read and held against the
 * schema. Nothing is written there or here. Throws ConfigError when the connection is of another connector.
 */
export async function certifyOnline(pack: Pack, project: Project, connection: string, options: CertifyOptions): Promise<Certificate> {
  const configured = project.connections[connection]!;
  if (configured.connector !== pack.id)
    throw new ConfigError({
      code: 'CONNECTION_UNFIT',
      place: { path: connection },
      message: `The connection ${connection} is of the connector ${configured.connector}, not ${pack.id}.`,
      hint: `With --connection, name a connection of ${pack.id} in config/connections.yaml.`,
    });
  const connector = connectorOf(project, connection)!;
  const findings: Finding[] = lint(pack).filter((f) => f.check === 'manifest');
  findings.push(
    ...(await looked({ check: 'connection', title: 'The connection works' }, undefined, options, () =>
      checkConnection(project, connection, options.signal),
    )),
  );
  const declared = transportOf(connector.transport);
  for (const refusal of declared.reads === 'files' ? (declared.mustRefuse ?? []) : [])
    findings.push(...(await looked(refusal, undefined, options, () => mustRefuse(project, connection, connector.transport, refusal))));
  if (findings.some((f) => f.check === 'connection' && f.state === 'failed')) return certificateOf(pack, 'online', findings, connection);
  for (const name of Object.keys(connector.streams)) {
    if (options.signal.aborted) break;
    findings.push(
      ...(await looked({ check: 'preview', title: 'What the system returns now fits the schema' }, name, options, () =>
        preview(project, connection, connector.streams, name, options.signal),
      )),
    );
  }
  for (const [name, sink] of Object.entries(connector.sinks)) {
    if (options.signal.aborted) break;
    const found = await looked({ check: 'target', title: 'Its target can be written to' }, name, options, () =>
      target(project, connection, sink, options.signal),
    );
    findings.push(...found.map(({ stream, ...finding }) => ({ ...finding, sink: stream! })));
  }
  return certificateOf(pack, 'online', findings, connection);
}

async function target(project: Project, connection: string, sink: SinkConfig, signal: AbortSignal): Promise<Verdict> {
  const { transport, options } = await openConnection(project, connection, signal);
  try {
    return verdictOf(await checkSinkTarget(sink, transport, options));
  } finally {
    await transport.close();
  }
}

async function checkConnection(project: Project, connection: string, signal: AbortSignal): Promise<Verdict> {
  const { transport, options } = await openConnection(project, connection, signal);
  try {
    const results = await transport.check();
    const connector = connectorOf(project, connection)!;
    if (transport.kind === 'query' && results.every((r) => r.ok))
      results.push(...(await checkTables(connector, transport, optionVariables(options))));
    return verdictOf(results);
  } finally {
    await transport.close();
  }
}

function verdictOf(results: readonly CheckResult[]): Verdict {
  const bad = results.filter((r) => !r.ok);
  const said = (list: typeof results): string => list.map((r) => `${r.name}: ${r.detail}`).join('\n');
  if (bad.length) return fails(said(bad), bad[0]!.hint ?? 'To see each step, run interlocal check for this connection.');
  const warned = results.filter((r) => r.warning);
  return warned.length ? holdsBut(said(results), warned[0]!.hint ?? 'Fix it when the system allows.') : holds(said(results));
}

/** The same connection with other options, such as a host key that is nobody's: it must be refused. */
async function mustRefuse(project: Project, connection: string, name: string, { options: changed, code }: Refusal): Promise<Verdict> {
  const options = { ...openOptions(project, connection), ...changed };
  const transport = (await openTransport(name, options, { connection, projectFolder: project.folder })) as FileTransport;
  try {
    await transport.list('.', '*', () => {});
    return fails('Its files were listed anyway.', 'Report this.');
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    return error.code === code ? holds(`${error.code}.`) : fails(saidOf(error.problems), `${code} was expected.`);
  } finally {
    await transport.close();
  }
}

async function preview(
  project: Project,
  connection: string,
  streams: Record<string, StreamConfig>,
  name: string,
  signal: AbortSignal,
): Promise<Verdict> {
  const stream = streams[name]!;
  const { transport, options } = await openConnection(project, connection, signal);
  try {
    const selector = selectorOf(stream, name);
    const records: SourceRecord[] = [];
    let where = '';
    let first = 0;
    for await (const { list, from } of lists(transport, stream, streams, `${connection}.${name}`, optionVariables(options), signal)) {
      if (from === PAST) return beyond(first, list.length, stream);
      first = list.length;
      where = from;
      records.push(...selector.select(list));
      if (records.length >= MAX_RECORDS) break;
    }
    if (where === '') return holdsBut('There is no file to check right now.', 'Certify again when the system has written a file.');
    withKeys(records, stream);
    const bad = records.filter((r) => r.problem);
    const detail = `${where}: ${counted(records.length, 'record')} read, nothing written`;
    if (bad.length)
      return fails(
        `${detail}; ${bad.length} do not match the schema: ${bad[0]!.problem!.message}`,
        bad[0]!.problem!.hint ?? 'Correct schema.fields of the stream in the connector.',
      );
    const fresh = selector.newColumns();
    return fresh.length
      ? holdsBut(
          `${detail}; it has columns that are not in the schema: ${fresh.join(', ')}.`,
          'Add the useful ones to schema.fields of the stream in the connector.',
        )
      : holds(`${detail}.`);
  } finally {
    await transport.close();
  }
}

/** What comes after a first page that is taken for the last. */
const PAST = 'past the end';

function beyond(first: number, after: number, { paginator }: StreamConfig): Verdict {
  return fails(
    `The first page has ${counted(first, 'record')} where ${paginator!.size} were requested. That is taken for the last page, but the next page has ${after}: the service returns fewer records than requested.`,
    `Set paginator.size to ${first}, or paginator.total or paginator.more where its answers have one.`,
  );
}

/** The first file, page or list of rows; after it what lies PAST, where a page is the last by its size alone. */
async function* lists(
  transport: Transport,
  stream: StreamConfig,
  streams: Record<string, StreamConfig>,
  name: string,
  variables: Variables,
  signal: AbortSignal,
): AsyncGenerator<{ list: SourceRecord[]; from: string }> {
  if (transport.kind === 'files') {
    const files = stream.retriever.files!;
    const [file] = await transport.list(fillText(files.folder, variables), fillText(files.pattern, variables));
    if (!file) return;
    const folder = await mkdtemp(join(tmpdir(), 'certify-online-'));
    try {
      // What is not packed is read from where it lies: a look at its beginning is enough.
      const fetched = files.unpack && (await keep(transport.read(file.path), folder));
      const unpacked =
        fetched &&
        (await openUnpacked(fetched, files.unpack, { file: file.path, variables, keep: (bytes) => keep(bytes, folder), signal }));
      for await (const list of decodeWith(stream.decoder!, unpacked?.read() ?? transport.read(file.path), {
        file: unpacked?.file ?? file.path,
        ...columnsOf(stream),
        signal,
      }))
        yield { list, from: unpacked?.file ?? file.path };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return;
  }
  const context = { name, variables, state: {}, now: new Date(), signal, note: () => {}, streams, pastShort: true };
  let seen = false;
  try {
    for await (const page of readStream(stream, transport, context)) {
      // That a report was ordered is not a page yet.
      if (page.commit || (page.incomplete && page.records.length === 0)) continue;
      if (seen) {
        if (page.records.length > 0) yield { list: page.records, from: PAST };
        return;
      }
      seen = true;
      yield { list: page.records, from: transport.kind === 'query' ? 'first rows' : 'first page' };
      const short = isGuessed(stream.paginator) && page.records.length > 0 && page.records.length < stream.paginator!.size;
      if (!short || page.last !== false) return;
    }
  } catch (error) {
    // A page that is not there, or the first one once more, is an end too.
    if (!seen || !(error instanceof InterlocalError)) throw error;
  }
}
