import { join } from 'node:path';
import { IGNORED, judgedFiles, judging } from '../../connector/error-rules.ts';
import { retrying } from '../../connector/source/retry.ts';
import { optionVariables, type Variables } from '../../connector/template.ts';
import { countOpenRejects } from '../../store/landing/rejects.ts';
import type { FileTransport, Transport } from '../../transports/transport.ts';
import { resolveNew } from '../identity/resolve-new.ts';
import type { SkipReason } from '../landing/context.ts';
import { rekeyIfChanged } from '../landing/rekey.ts';
import { remapIfChanged } from '../landing/remap.ts';
import { openConnection } from '../run/connection.ts';
import type { Unfinished } from '../run/context.ts';
import { inOrder } from './file-order.ts';
import type { InboundRun } from './inbound-run.ts';
import { loadFile } from './load-file.ts';
import { loadPages } from './load-pages.ts';
import { removeOrphanMarkers } from './orphan-markers.ts';
import { readyFiles } from './ready-files.ts';
import { filledFiles } from './source-target.ts';
import { emptySpool } from './spool.ts';
import { leave, noteNeverFound, settleWaiting } from './waiting-files.ts';

/**
 * Runs an inbound pipeline: brings what is stored in line with changed keys, identities and mappings, then reads the source and lands its
 * records batch by batch.
 */
export async function inbound(run: InboundRun): Promise<Unfinished> {
  await rekeyIfChanged(run);
  await resolveNew(run);
  await remapIfChanged(run);
  const { transport, options } = await openConnection(run.project, run.connection, run.signal);
  try {
    await load(run, transport, optionVariables(options));
  } finally {
    await transport.close();
    noteSkipped(run);
    // Also after a failure: what was landed before it is there. A person who stops the run has it done by the next.
    if (!run.signal.aborted) await resolveNew(run);
  }
  return { incomplete: [], isOpen: () => hasOpenRejects(run) };
}

/** Are records of this run or of earlier ones still rejected? Then not everything was brought in. */
async function hasOpenRejects({ knex, source, counts, pipeline, note }: InboundRun): Promise<boolean> {
  const open = await countOpenRejects(knex, source.id);
  if (open > counts.rejected)
    note(
      `${open} ${open === 1 ? 'record is' : 'records are'} rejected and still open, including those from earlier runs. To see why, run interlocal rejects list ${pipeline.pipeline}.`,
    );
  return open > 0;
}

function noteSkipped({ counts, landed, bound, note }: InboundRun): void {
  if (counts.skipped === 0) return;
  const of = (reason: SkipReason): number => landed.skippedBecause.get(reason) ?? 0;
  const whole = bound.length === 0 ? 'because the pipeline has no mapping' : 'that no mapping applies to (unmapped: skip)';
  const parts = [
    [of('declared'), 'by skip: of the pipeline'],
    [of('unmapped'), whole],
    [of('empty'), 'whose list has no items'],
  ].flatMap(([n, words]) => (n ? [`${n} ${words}`] : []));
  note(`${counts.skipped} ${counts.skipped === 1 ? 'record was' : 'records were'} skipped: ${parts.join(', ')}.`);
}

/**
 * Takes the stream; where the remote system is busy or away for a moment, tries again from what is committed. Services are
 * asked again request by request instead.
 */
async function load(run: InboundRun, transport: Transport, variables: Variables): Promise<void> {
  if (transport.kind === 'request') return loadPages(run, transport, variables);
  const { error_handler: handler } = run.stream;
  const rules = handler?.rules ?? [];
  const attempt = async (): Promise<void> => {
    if (transport.kind === 'files')
      return loadFiles(
        run,
        judgedFiles(transport, rules, (text) => run.note(text)),
        variables,
      );
    if ((await judging(() => loadPages(run, transport, variables), rules)) === IGNORED)
      run.note(`${run.streamName}: an error that the connector says to ignore was treated as the end of the rows.`);
  };
  await retrying(attempt, {
    maxRetries: handler?.max_retries ?? RETRIES,
    baseMs: 1000,
    signal: run.signal,
    onRetry: (error, waitMs) => {
      run.note(`${error.message} Trying again in ${(waitMs / 1000).toFixed(1)} s.`);
      // Files that were refused are looked at again, and refused again.
      run.problems.length = 0;
      run.left.clear();
    },
  });
}

/** After the first attempt; with waits of 1, 2 and 4 seconds. What stays away is for the next scheduled run. */
const RETRIES = 3;

async function loadFiles(inboundRun: InboundRun, transport: FileTransport, variables: Variables): Promise<void> {
  const { stream, project, pipeline, preview } = inboundRun;
  const files = filledFiles(stream.retriever.files!, variables);
  const run: InboundRun = { ...inboundRun, stream: { ...stream, retriever: { ...stream.retriever, files } } };
  const spoolFolder = join(project.dataFolder, 'spool', pipeline.pipeline, preview ? `preview-${process.pid}` : 'run');
  await emptySpool(spoolFolder);
  const found = await readyFiles(transport, files, run.connection, run.now, run.signal, (text) => run.note(text));
  run.problems.push(...found.problems);
  for (const { file, reason } of found.waiting) leave(run, file, reason);
  for (const file of inOrder(found.files, files.order)) await loadFile(run, file, { transport, spoolFolder, variables });
  await settleWaiting(run);
  if (found.files.length + found.waiting.length + found.problems.length === 0) await noteNeverFound(run);
  if (!preview) await removeOrphanMarkers(run, transport, files);
}
