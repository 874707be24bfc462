import type { Project } from '../../config/project.ts';
import type { SinkConfig, SinkField } from '../../config/schema/sink.ts';
import { packSteps } from '../../connector/sink/packing.ts';
import { uploadOf } from '../../connector/sink/push-file.ts';
import { requestsOf } from '../../connector/sink/push-request.ts';
import { columnsWritten } from '../../connector/sink/push-lines.ts';
import { keyColumns } from '../../connector/sink/push-table.ts';
import { fillText, optionVariables, type Variables } from '../../connector/template.ts';
import { InterlocalError } from '../../core/errors.ts';
import type { Value, Values } from '../../core/record.ts';
import { receiverOf } from '../../formats/unpack/pack.ts';
import type { CheckResult, FileTransport, Transport } from '../../transports/transport.ts';

/**
 * Could this sink be written to? Looks at the folders, at what the WSDL says of the operations and their parameters, or at the table with its
 * columns, key and rights. Nothing is written or asked for.
 */
export async function checkSinkTarget(sink: SinkConfig, transport: Transport, options: Record<string, unknown>): Promise<CheckResult[]> {
  const variables = optionVariables(options);
  if (transport.kind === 'files') {
    const { folder, staging } = sink.target.file!;
    const folders = [folder, staging, sink.acknowledgment?.file?.folder].map((text) => text && fillText(text, variables));
    const results: CheckResult[] = [];
    for (const one of new Set(folders)) if (one) results.push(await transport.checkFolder(one));
    results.push(...uploadChecks(sink, transport));
    // An upload is complete once it has its own name.
    const move =
      uploadOf(sink, transport) === 'rename'
        ? await transport.checkRename?.(...([staging || folder, folder].map((text) => fillText(text, variables)) as [string, string]))
        : undefined;
    if (move) results.push(move);
    if (sink.target.file!.pack) results.push(await checkKeys(sink, variables));
    return results;
  }
  if (transport.kind === 'request') {
    const results: CheckResult[] = [];
    for (const spec of requestsOf(sink, madeUp(sink), variables)) results.push(await transport.checkRequest(spec));
    return results;
  }
  const { name, write } = sink.target.table!;
  const columns = columnsWritten(sink);
  return [await transport.checkTable({ table: fillText(name, variables), write, key: keyColumns(sink), columns })];
}

/** What is lost where a server allows no rename is said before the first file. */
function uploadChecks(sink: SinkConfig, transport: FileTransport): CheckResult[] {
  const upload = uploadOf(sink, transport);
  if (upload === 'rename') return [];
  const { name, marker } = sink.target.file!;
  const half =
    marker === undefined
      ? 'While a file is being written, the other system can see half of it.'
      : `While a file is being written, the other system can see half of it, unless it waits for ${marker}.`;
  const gone =
    upload === 'taken'
      ? ' A file that is gone after the server confirmed closing it counts as delivered.'
      : ' Each is proven by reading it back, or by its size.';
  return [
    {
      name: `upload of ${name}`,
      ok: true,
      warning: true,
      detail: `Files are written under their own names, without a rename (upload: ${upload}). ${half} After an interruption a person may have to check in the other system whether a file arrived.${gone}`,
      hint: 'Ask the owner of the server to allow renames in this folder, then remove upload.',
    },
  ];
}

/** Keys that cannot be used should be known before the first file waits for them. */
async function checkKeys(sink: SinkConfig, variables: Variables): Promise<CheckResult> {
  const name = `packing of ${sink.target.file!.name}`;
  try {
    const receiver = await receiverOf(packSteps(sink, { ...variables, date: 'DATE', sequence: '1' }));
    return { name, ok: true, detail: receiver === undefined ? 'not encrypted' : `encrypted for ${receiver}` };
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    const { code, message, hint } = error.problems[0]!;
    return { name, ok: false, code, detail: message, hint };
  }
}

/** The sinks of a connection that some pipeline of the town delivers to. */
export function sinksOf(project: Project, connection: string): SinkConfig[] {
  const used = [...project.pipelines.values()].flatMap(({ value: { deliver, mode } }) => {
    if (deliver?.connection !== connection || mode === 'off') return [];
    const { connector, sink } = project.sinkMappings.get(deliver.mapping)!.value.sink;
    return [project.connectors.get(connector)!.value.sinks[sink]!];
  });
  return [...new Set(used)];
}

/** A record with a value in every field, to see where each would go. */
function madeUp(sink: SinkConfig): Values {
  const { fields } = sink.schema;
  const group = (below: string): Values =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([path, field]) => {
        const name = path.slice(below.length);
        const parent = name.includes('.') ? below + name.slice(0, name.indexOf('.')) : undefined;
        if (!path.startsWith(below) || (parent !== undefined && Object.hasOwn(fields, parent))) return [];
        return [[name, valueOf(path, field)]];
      }),
    );
  const valueOf = (path: string, { type, values }: SinkField): Value => {
    if (type === 'list') {
      const item = group(`${path}.`);
      return [Object.keys(item).length ? item : '1'];
    }
    if (type === 'object') return group(`${path}.`);
    if (type === 'date' || type === 'datetime') return '2026-01-01';
    return values?.[0] ?? (type === 'boolean' ? 'true' : '1');
  };
  return group('');
}
