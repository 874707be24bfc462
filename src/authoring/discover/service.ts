import { counted } from '../../core/text/counted.ts';
import { connectorOf, type Project } from '../../config/project.ts';
import { type Discovery, type PlainMap, type ProposedStream, withOwnNames } from './proposal.ts';
import { patternOf } from './csv.ts';
import { discoverFile } from './file.ts';
import { discoverTables } from './tables.ts';
import { discoverWsdl } from './wsdl.ts';
import { ConfigError } from '../../core/errors.ts';
import type { FileTransport, RemoteFile, RequestTransport } from '../../transports/transport.ts';
import { notTriedAgain } from '../../connector/source/retry.ts';
import { webPageError } from '../../transports/web/web-page.ts';
import { discoverPaging } from './paging.ts';
import { transportOf } from '../../transports/transports.ts';
import { openConnection } from '../../engine/run/connection.ts';

export interface DiscoverOptions {
  /** HTTP: what to ask for. Files: the folder to look in. */
  path: string | undefined;
  tables: readonly string[] | undefined;
  signal: AbortSignal;
}

/** Looks at what a connection's system has; reads only, and only the beginning of each file. */
export async function discoverConnection(project: Project, connection: string, options: DiscoverOptions): Promise<Discovery> {
  const { transport, options: given } = await openConnection(project, connection, options.signal);
  try {
    if (transport.kind === 'files') return await filesOf(transport, connection, options.path ?? '.');
    if (transport.kind === 'query') return await discoverTables(transport, connection, options.tables);
    const connector = connectorOf(project, connection)!;
    const declared = transportOf(connector.transport);
    if (declared.reads === 'request' && declared.description)
      return await discoverWsdl(declared.description(given), project.folder, {
        place: { system: connection, path: 'wsdl' },
        setting: 'wsdl in config/connections.yaml',
      });
    if (options.path === undefined)
      throw new ConfigError({
        code: 'USAGE',
        place: { path: connection },
        message: 'An HTTP system does not say what it has.',
        hint: 'Say what to ask for: --path /permits.',
      });
    return await answerOf(transport, connection, options.path);
  } catch (error) {
    throw notTriedAgain(error, 'discover does not retry: run it again later.');
  } finally {
    await transport.close();
  }
}

const MAX_BYTES = 4_000_000;

/** The newest file of each kind of name. */
async function filesOf(transport: FileTransport, connection: string, folder: string): Promise<Discovery> {
  const files = (await transport.list(folder, '*')).filter((f) => f.size !== 0);
  const kinds = Map.groupBy(files, (file) => patternOf(file.name));
  const streams: ProposedStream[] = [];
  const notes: string[] = [];
  for (const [pattern, same] of kinds) {
    const newest = same.reduce((a, b) => ((b.modifiedMs ?? 0) > (a.modifiedMs ?? 0) ? b : a));
    try {
      const stream = await discoverFile(newest.name, await beginning(transport, newest), (newest.size ?? MAX_BYTES + 1) > MAX_BYTES);
      stream.retriever = { files: { ...(folder === '.' ? {} : { folder }), pattern } };
      stream.evidence.unshift(`${counted(same.length, 'file')} called ${pattern}; looked at ${newest.name}`);
      streams.push(stream);
    } catch (error) {
      notes.push(`${newest.name}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  if (kinds.size === 0) notes.push(`There is no file in ${folder}.`);
  return { source: `${connection}, folder ${folder}`, streams: withOwnNames(streams), options: {}, notes };
}

async function beginning(transport: FileTransport, file: RemoteFile): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of transport.read(file.path)) {
    parts.push(Buffer.from(part));
    if ((size += part.length) >= MAX_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, MAX_BYTES);
}

/** What an HTTP interface answers, as a file would be looked at; and how it pages, as far as one answer shows. */
async function answerOf(transport: RequestTransport, connection: string, path: string): Promise<Discovery> {
  const answer = await transport.request({ method: 'GET', path });
  const parts: Uint8Array[] = [];
  for await (const part of answer.bytes ?? []) parts.push(part);
  const bytes = Buffer.concat(parts);
  const page = webPageError(bytes.subarray(0, 4096).toString('utf8'), connection);
  if (page) throw page;
  const name = path.split('?', 1)[0]!.split('/').filter(Boolean).at(-1) ?? 'records';
  const stream = await discoverFile(name, bytes);
  stream.description = `GET ${path}.`;
  stream.retriever = { request: { path } };
  const json = stream.decoder?.['json'] as PlainMap | undefined;
  if (json && !json['lines'])
    await discoverPaging(transport, path, stream, { document: JSON.parse(bytes.toString('utf8')), link: answer.headers['link'] });
  return { source: `${connection}, GET ${path}`, streams: [stream], options: {}, notes: [] };
}
