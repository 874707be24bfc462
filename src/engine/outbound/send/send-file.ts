import { type Answered, record } from '../record.ts';
import { createHash } from 'node:crypto';
import type { Upload } from '../../../config/schema/common.ts';
import type { PushContext } from '../../../connector/sink/push.ts';
import {
  type Content,
  type FilePlace,
  isBeginning,
  markFile,
  otherFile,
  placeFile,
  placeOf,
  stageFile,
  uploadOf,
  whatLies,
} from '../../../connector/sink/push-file.ts';
import { packedForSending } from '../../../connector/sink/packing.ts';
import type { RenderedFile } from '../../../connector/sink/sink.ts';
import { FatalError, InterlocalError, type Problem } from '../../../core/errors.ts';
import { changeDelivery, type Delivery, type DeliveryChange, listDeliveries, UNFINISHED } from '../../../store/outbound/deliveries.ts';
import { changeOutbox } from '../../../store/outbound/outbox.ts';
import type { FileTransport } from '../../../transports/transport.ts';
import { withTotals } from '../summary.ts';
import type { SendingRun } from './sending-run.ts';
import type { WritableFile } from './writable-file.ts';

/**
 * Drops a file: written under a temporary name, noted, moved to its place, noted. What the server refuses is noted as not done. Killed before
 * the first note it is written again; killed after it, what is there says what happened: the temporary file, it was not moved; ours under
 * its own name, it was. Neither: it is not known, and a person decides. So it is there once, also where systems take files within a second.
 * Gives what became of its records where that is not known.
 */
export async function sendFile(
  run: SendingRun,
  transport: FileTransport,
  delivery: Delivery,
  { rows, file }: WritableFile,
  context: PushContext,
): Promise<Answered | undefined> {
  const { sink } = run;
  const place = placeOf(sink, delivery.name, context);
  const upload = uploadOf(sink, transport);
  const task: FileTask = { run, transport, delivery, place, upload, context, encrypted: isEncrypted(sink) };
  // A delivery that was staged before upload was set is still moved, or found to be lost, as it was begun.
  const lost = upload === 'rename' || delivery.state === 'staged' ? await moved(task, file) : await direct(task, file);
  if (lost) return rows.map((row) => [row, { state: 'unknown', problem: lost }]);
  await markFile(transport, place, upload);
  await record(run, async (trx) => {
    await changeDelivery(trx, delivery, { state: 'sent', sentAt: run.now().toISOString() });
    const ids = rows.map((row) => row.id);
    await changeOutbox(trx, ids, { state: 'sent' });
  });
  run.note(`${delivery.name} was sent to ${run.name}: ${withTotals(file.count, file.totals)}.`);
  // What becomes of them there is found later, if the system says it.
  return undefined;
}

/** One file on its way. */
interface FileTask {
  run: SendingRun;
  transport: FileTransport;
  delivery: Delivery;
  place: FilePlace;
  upload: Upload;
  context: PushContext;
  encrypted: boolean;
}

function isEncrypted(sink: SendingRun['sink']): boolean {
  return sink.target.file!.pack?.some(({ pgp }) => pgp) === true;
}

/** By a temporary name. Gives the problem where it is not known whether it is there. */
async function moved({ run, transport, delivery, place, context, encrypted }: FileTask, file: RenderedFile): Promise<Problem | undefined> {
  if (delivery.state === 'prepared') {
    // Encrypted, it is never the same twice: what was noted is what was staged, and an attempt before the note is written over.
    const bytes = await packedForSending(run.sink, file);
    try {
      await stageFile(transport, place, bytes);
    } catch (error) {
      if (!isTaken(error)) throw error;
      return unknown(
        run,
        delivery,
        `The server took ${place.staged}, which is its temporary name, as soon as it was closed`,
        TAKES_UPLOADS,
      );
    }
    try {
      await note(run, delivery, { state: 'staged', sha256: sha256Of(bytes), bytes: bytes.length, totals: file.totals });
    } catch (error) {
      if (error instanceof FatalError && error.code === 'LOCK_LOST') await withdraw(run, transport, delivery, place);
      throw error;
    }
  }
  try {
    const placed = await placeFile(transport, place, contentOf(delivery), { encrypted, context });
    if (placed === 'placed') return undefined;
    if (placed === 'altered') return unknown(run, delivery, `It was moved to ${place.final}, but what is there has another size`);
  } catch (error) {
    // The server refused, and the file is still where it was: nothing is there under its own name, whatever becomes of the temporary one.
    if (error instanceof FatalError && error.code !== 'TARGET_EXISTS' && (await isStillStaged(transport, place)))
      await note(run, delivery, { state: 'prepared' });
    throw error;
  }
  return unknown(
    run,
    delivery,
    `It was uploaded completely and was to be moved to ${place.final}, but now neither the temporary file nor the final one is there`,
  );
}

/**
 * Another run took over while this one wrote the temporary file. Where that run has moved the file by its own attempt, this one's is left
 * over, and nobody would ever look at it again. Otherwise it is left: the other run writes it over, or is about to move it.
 */
async function withdraw(run: SendingRun, transport: FileTransport, { id }: Delivery, place: FilePlace): Promise<void> {
  const [now] = await listDeliveries(run.knex, { id });
  const isOver = now !== undefined && !UNFINISHED.includes(now.state);
  try {
    if (isOver || (await transport.stat(place.final)) !== undefined) await transport.remove(place.staged);
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    run.note(`${place.staged} could not be removed, and nobody needs it: ${error.message}`);
  }
}

/** Under its own name, where the server allows no rename. Gives the problem where it is not known whether it is there. */
async function direct(task: FileTask, file: RenderedFile): Promise<Problem | undefined> {
  const { run, transport, delivery, place, context, encrypted } = task;
  const bytes = await packedForSending(run.sink, file);
  if (delivery.state === 'prepared') {
    const content = { sha256: sha256Of(bytes), bytes: bytes.length };
    const there = await whatLies(transport, place.final, content);
    if (there === 'other') throw otherFile(place, encrypted, context);
    await note(run, delivery, { state: 'sending', ...content, totals: file.totals });
    return there === 'same' ? undefined : written(task, bytes, false);
  }
  // An attempt before this one was interrupted with the file on its way.
  const there = await whatLies(transport, place.final, contentOf(delivery));
  if (there === 'same') return undefined;
  if (there === 'other' && sha256Of(bytes) === delivery.sha256 && (await isBeginning(transport, place.final, bytes)))
    return written(task, bytes, true);
  return unknown(
    run,
    delivery,
    there === 'missing'
      ? 'A run was interrupted while writing it, and it is not there now: either it was not started, or the system took it, perhaps only half of it'
      : 'A run was interrupted while writing it, and what is there is not the file to be sent',
  );
}

async function written({ run, transport, delivery, place, upload }: FileTask, bytes: Uint8Array, overwrite: boolean) {
  let opened = false;
  try {
    await transport.write(place.final, [bytes], { direct: true, overwrite, onOpen: () => (opened = true) });
  } catch (error) {
    if (isTaken(error)) {
      if (upload === 'taken') return undefined;
      return unknown(run, delivery, `The server took ${place.final} as soon as it was closed`, TAKES_UPLOADS);
    }
    // What could not even be opened is not there.
    if (!opened && !overwrite && error instanceof FatalError) await note(run, delivery, { state: 'prepared' });
    throw error;
  }
  if ((await whatLies(transport, place.final, contentOf(delivery))) !== 'other') return undefined;
  return unknown(run, delivery, `It was written completely, but what is there as ${place.final} is something else`);
}

const TAKES_UPLOADS =
  'If the system takes every file as soon as it is closed, set upload: taken for this connection, or ask its owner not to touch names that begin with a period.';

/** It is not known whether the file got there: it is not sent again before a person has looked. */
function unknown({ name }: Pick<SendingRun, 'name'>, { id, name: file }: Delivery, why: string, more?: string): Problem {
  return {
    code: 'DELIVERY_UNKNOWN',
    place: { system: name, file },
    message: `It is not known whether ${name} has ${file}. ${why}.`,
    hint: `Ask the owner of the system. If it has the file: interlocal deliver settle ${id} --accepted. If not, send its records again with interlocal deliver retry NUMBER; interlocal deliver show ${id} lists them.${more ? ` ${more}` : ''}`,
  };
}

function isTaken(error: unknown): boolean {
  return error instanceof FatalError && error.code === 'UPLOAD_TAKEN';
}

async function isStillStaged(transport: FileTransport, place: FilePlace): Promise<boolean> {
  try {
    return (await transport.stat(place.staged)) !== undefined && (await transport.stat(place.final)) === undefined;
  } catch (error) {
    if (error instanceof InterlocalError) return false; // then nothing is known of it
    throw error;
  }
}

async function note(run: SendingRun, delivery: Delivery, change: DeliveryChange): Promise<void> {
  await record(run, (trx) => changeDelivery(trx, delivery, change));
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function contentOf({ sha256, bytes }: Delivery): Content {
  return { sha256: sha256!, bytes };
}
