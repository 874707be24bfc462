import { counted } from '../../core/text/counted.ts';
import { connectorOf, type Project } from '../../config/project.ts';
import type { FilesRetriever } from '../../config/schema/connector.ts';
import { fillText, optionVariables, type Variables } from '../../connector/template.ts';
import { InterlocalError } from '../../core/errors.ts';
import type { CheckResult, FileTransport } from '../../transports/transport.ts';

/** Are the folders there that the town's pipelines read from this connection, and could files be moved to the archive? Writes nothing. `everFound`: did a run of a pipeline ever find a file? */
export async function checkSourceFolders(
  project: Project,
  connection: string,
  transport: FileTransport,
  options: Record<string, unknown>,
  everFound: (pipeline: string) => Promise<boolean>,
): Promise<CheckResult[]> {
  const variables = optionVariables(options);
  const results = new Map<string, CheckResult>();
  for (const { value } of project.pipelines.values()) {
    const { source, mode } = value;
    if (source?.connection !== connection || mode === 'off') continue;
    const stream = connectorOf(project, connection)!.streams[source.stream]!;
    for (const result of await checkStream(filledFiles(stream.retriever.files!, variables), transport, await everFound(value.pipeline)))
      results.set(`${result.name} ${result.detail}`, result);
  }
  return [...results.values()];
}

async function checkStream(
  { folder, pattern, after }: FilesRetriever,
  transport: FileTransport,
  everFound: boolean,
): Promise<CheckResult[]> {
  const name = `folder ${folder}`;
  const files = await filesIn(transport, folder, pattern);
  if (typeof files !== 'number') return [{ ...files, name }];
  const found: CheckResult = { name, ok: true, detail: `can be listed: ${counted(files, 'file')} called ${pattern}.` };
  if (files === 0 && !everFound) {
    found.warning = true;
    found.detail += ' No run has found one yet.';
    found.hint = 'If there should be files, check folder and pattern of the stream.';
  }
  if (after.archive === undefined) return [found];
  const archive = await filesIn(transport, after.archive, '*', () => {});
  const target: CheckResult =
    typeof archive === 'number'
      ? await transport.checkFolder(after.archive)
      : archive.code === 'FOLDER_MISSING'
        ? { name: '', ok: true, detail: 'does not exist yet: it is created when the first file is moved there.' }
        : archive;
  // Who moves a file away writes into the folder that it is taken from, too.
  const source = await transport.checkFolder(folder);
  const move = await transport.checkRename?.(folder, after.archive);
  return [found, ...(source.ok ? [] : [{ ...source, name }]), { ...target, name: `archive ${after.archive}` }, ...(move ? [move] : [])];
}

async function filesIn(
  transport: FileTransport,
  folder: string,
  pattern: string,
  onUnreadable?: () => void,
): Promise<number | CheckResult> {
  try {
    return (await transport.list(folder, pattern, onUnreadable)).length;
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    const { code, message, hint } = error.problems[0]!;
    return { name: folder, ok: false, code, detail: message, ...(hint === undefined ? {} : { hint }) };
  }
}

/** With the connection's options in it. An option left empty takes away the marker or the archive. */
export function filledFiles(files: FilesRetriever, variables: Variables): FilesRetriever {
  const fill = (text: string | undefined): string | undefined => (text === undefined ? undefined : fillText(text, variables) || undefined);
  return {
    ...files,
    folder: fillText(files.folder, variables),
    pattern: fillText(files.pattern, variables),
    marker: fill(files.marker),
    after: { archive: fill(files.after.archive) },
  };
}
