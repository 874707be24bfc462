import type { StreamConfig } from '../schema/connector.ts';
import { fieldsOf } from './source-fields.ts';

type Streams = Readonly<Record<string, StreamConfig>>;

/** What a stream gives its request or query next to the options of the connection. */
export function givenNames(stream: StreamConfig, streams: Streams): string[] {
  const { retriever, paginator, incremental, partition } = stream;
  const parent = parentOf(stream, streams);
  return [
    ...(paginator ? ['page', 'offset', 'size'] : []),
    ...(paginator?.kind === 'cursor' || (retriever.query && incremental) ? ['cursor'] : []),
    ...(retriever.request && incremental ? ['from', 'to'] : []),
    ...(retriever.request?.login ? ['session'] : []),
    ...(retriever.request?.report ? ['report'] : []),
    ...(partition ? ['partition'] : []),
    ...(parent ? fieldsOf(parent).names.map((name) => `parent.${name}`) : []),
  ];
}

/** Is this a field of the parent's records? True where its stream does not list them. */
export function isOfParent(name: string, stream: StreamConfig, streams: Streams): boolean {
  const parent = name.startsWith('parent.') ? parentOf(stream, streams) : undefined;
  return parent !== undefined && fieldsOf(parent).has(name.slice('parent.'.length));
}

/** Why a name that some streams know is not known to this one; undefined for a name that none does. */
export function notGiven(name: string, stream: StreamConfig, streams: Streams): string | undefined {
  if (name.startsWith('parent.'))
    return stream.partition?.stream === undefined
      ? 'the stream has no partition.stream.'
      : parentOf(stream, streams) && `the stream ${stream.partition.stream} has no such field.`;
  return REASONS[name];
}

const REASONS: Record<string, string> = {
  page: 'pages need a paginator.',
  offset: 'record counts need a paginator.',
  size: 'it comes from paginator.size, but there is no paginator.',
  cursor: 'it comes with a paginator of kind cursor, or, in a query, with incremental.',
  from: 'it is where a run starts, and needs incremental.',
  to: 'it is where a run ends, and needs incremental.',
  session: 'it comes with retriever.request.login.',
  report: 'it comes with retriever.request.report, after the report was ordered.',
  partition: 'the stream has no partition.',
};

function parentOf({ partition }: StreamConfig, streams: Streams): StreamConfig | undefined {
  return partition?.stream !== undefined && Object.hasOwn(streams, partition.stream) ? streams[partition.stream] : undefined;
}
