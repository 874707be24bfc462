import { createHash } from 'node:crypto';
import { actorOf } from '../../../config/actor.ts';
import { ConfigError } from '../../../core/errors.ts';
import { visibleLine } from '../../../core/text/visible.ts';
import { appendAudit } from '../../../store/ledger/audit.ts';
import {
  addExceptionFile,
  type ExceptionFile,
  exceptionFileContent,
  exceptionFiles,
} from '../../../store/reconciliation/exception-files.ts';
import { change } from '../../../store/reconciliation/exceptions.ts';
import { landing } from '../../../store/landing/landing.ts';
import type { Engine } from '../../run/engine.ts';
import { knownExceptions } from './exceptions.ts';

/** So many files may be kept with one exception. */
const MAX_FILES = 20;
const MAX_NAME_LENGTH = 200;

/**
 * Keeps a file with an exception: its bytes and their SHA-256, with an event and an entry in the audit log. What kind of file it is, its
 * first bytes say: PDF, PNG or JPEG. Throws ConfigError ATTACHMENT_UNFIT for another kind, an empty or a too large one, or one too many.
 */
export async function attachFile(
  { project, knex }: Engine,
  id: string,
  file: { name: string; content: Buffer },
  options: { actor?: string; now?: Date } = {},
): Promise<ExceptionFile> {
  const actor = options.actor ?? actorOf();
  const at = (options.now ?? new Date()).toISOString();
  const kind = kindOf(file.content);
  const { most_megabytes: most } = project.config.exceptions;
  const name = visibleLine(file.name.split(/[\\/]/).at(-1)!).slice(0, MAX_NAME_LENGTH);
  const unfit = (message: string, hint: string): ConfigError =>
    new ConfigError({ code: 'ATTACHMENT_UNFIT', place: { file: name }, message, hint });
  if (file.content.length > most * 1_000_000)
    throw unfit(
      `It has ${(file.content.length / 1_000_000).toFixed(1)} megabytes; ${most} are allowed.`,
      'Scan it in black and white, or attach the page that matters.',
    );
  if (!kind) throw unfit('It is not a PDF, PNG or JPEG.', 'Print it as PDF, and attach that.');
  return landing(knex, async (_, trx) => {
    const [exception] = await knownExceptions(trx, [id]);
    const there = await exceptionFiles(trx, exception!.id);
    if (there.length >= MAX_FILES) throw unfit(`${MAX_FILES} files are attached already.`, 'Put several pages into one PDF.');
    const sha256 = createHash('sha256').update(file.content).digest('hex');
    const added = { name, kind, size: file.content.length, sha256, addedBy: actor, addedAt: at };
    const number = await addExceptionFile(trx, exception!.id, added, file.content);
    await change(trx, exception!.id, {}, at, actor, 'attached', { file: number, name, sha256 });
    await appendAudit(trx, {
      actor,
      action: 'exception_attached',
      subject: exception!.pipeline,
      detail: { exception: exception!.id, file: number, sha256 },
    });
    return { number, ...added };
  });
}

/**
 * A file of an exception, as it was attached. Throws ConfigError ATTACHMENT_UNKNOWN where there is none of that number,
 * ATTACHMENT_CHANGED where what is stored has not the hash that it had.
 */
export async function readAttachment({ knex }: Engine, id: string, number: number): Promise<ExceptionFile & { content: Buffer }> {
  const [exception] = await knownExceptions(knex, [id]);
  const file = (await exceptionFiles(knex, exception!.id)).find((one) => one.number === number);
  const content = file && (await exceptionFileContent(knex, exception!.id, number));
  if (!file || !content)
    throw new ConfigError({
      code: 'ATTACHMENT_UNKNOWN',
      place: { system: exception!.id },
      message: `Exception ${exception!.id.slice(0, 8)} has no file with the number ${number}.`,
      hint: `To list its files, run interlocal exceptions show ${exception!.id.slice(0, 8)}.`,
    });
  if (createHash('sha256').update(content).digest('hex') !== file.sha256)
    throw new ConfigError({
      code: 'ATTACHMENT_CHANGED',
      place: { system: exception!.id },
      message: `File ${number} was changed after it was attached: its checksum (SHA-256) is not the one that was noted then. It was not written out.`,
      hint: 'Keep a copy of the store as it is now, and take the file from the last backup of the store.',
    });
  return { ...file, content };
}

function kindOf(content: Buffer): ExceptionFile['kind'] | undefined {
  if (content.subarray(0, 5).toString('latin1') === '%PDF-') return 'pdf';
  if (content.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return 'png';
  return content.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])) ? 'jpeg' : undefined;
}
