import { type RepeatFinder, repeatFinder } from '../../connector/stream/keys.ts';
import { columnsOf } from '../../connector/stream/field-paths.ts';
import { selectorOf } from '../../connector/stream/select.ts';
import type { SourceRecord } from '../../core/record.ts';
import type { DecodeContext } from '../../formats/format.ts';
import { decodeWith } from '../../formats/formats.ts';
import type { Unpacked } from '../../formats/unpack/unpack.ts';
import { lookForRepeats } from '../landing/land-batch.ts';
import type { InboundRun } from './inbound-run.ts';
import type { Layout } from './layout.ts';

/** A file as records of its stream. `finish` throws FileError with what its end says; the rest is known when all lists were read. */
export interface Decoded {
  lists: AsyncGenerator<SourceRecord[]>;
  finish(): void;
  newColumns(): readonly string[];
}

export function decoded(
  run: Pick<InboundRun, 'signal' | 'stream'>,
  unpacked: Unpacked,
  layout: Layout,
  leaves: Pick<DecodeContext, 'isUnchanged' | 'passages'> = {},
): Decoded {
  const { stream } = run;
  const selector = selectorOf(stream, unpacked.file);
  layout.from(selector);
  async function* lists(): AsyncGenerator<SourceRecord[]> {
    const raw = decodeWith(stream.decoder!, unpacked.read(), {
      file: unpacked.file,
      ...columnsOf(stream),
      onColumns: (columns) => layout.told(columns),
      ...leaves,
      signal: run.signal,
    });
    for await (const list of raw) yield selector.select(list);
  }
  return { lists: lists(), finish: () => selector.finish(), newColumns: () => selector.newColumns() };
}

/** What is known of a file that was read whole. */
export interface Verified {
  total: number;
  repeats: RepeatFinder;
  /** Columns that the connector does not know. */
  newColumns: readonly string[];
}

/** Reads the whole file without keeping anything: throws FileError before anything of it could be committed. */
export async function verifyFile(
  run: Pick<InboundRun, 'signal' | 'stream'>,
  unpacked: Unpacked,
  layout: Layout,
  onProgress: (done: number) => void,
): Promise<Verified> {
  const { stream } = run;
  const repeats = repeatFinder(Math.ceil(unpacked.expected / USUAL_RECORD_BYTES));
  let total = 0;
  const { lists, finish, newColumns } = decoded(run, unpacked, layout);
  for await (const list of lists) {
    run.signal.throwIfAborted();
    total += list.length;
    lookForRepeats(list, stream, repeats);
    onProgress(total);
  }
  finish();
  return { total, repeats, newColumns: newColumns() };
}

/** About as long are records: how many a file may have, for what looks for repeated keys to begin with. */
const USUAL_RECORD_BYTES = 250;
