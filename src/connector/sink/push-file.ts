import { createHash } from 'node:crypto';
import type { Upload } from '../../config/schema/common.ts';
import type { SinkConfig } from '../../config/schema/connector.ts';
import { FatalError, InterlocalError } from '../../core/errors.ts';
import { decodeWith } from '../../formats/formats.ts';
import { joinPath } from '../../transports/paths.ts';
import type { FileTransport } from '../../transports/transport.ts';
import { type Answer, type PushContext, rejection, saidOfRecord, shortened } from './push.ts';
import { fillText } from '../template.ts';

/** Where a file of a sink is in the remote system. */
export interface FilePlace {
  /** Until it is complete. */
  staged: string;
  final: string;
  marker?: string;
}

export function placeOf(sink: SinkConfig, name: string, { variables }: PushContext): FilePlace {
  const { folder, staging, marker } = sink.target.file!;
  const plain = fillText(folder, variables);
  // An option left empty takes the marker or the staging folder away.
  const filled = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : fillText(text, variables) || undefined;
  const said = filled(marker);
  return {
    staged: joinPath(filled(staging) ?? plain, `.${name}.part`),
    final: joinPath(plain, name),
    ...(said === undefined ? {} : { marker: joinPath(plain, named(said, name)) }),
  };
}

/** How files of this sink are put there: as it says, otherwise as the connection does. */
export function uploadOf(sink: SinkConfig, transport: Pick<FileTransport, 'upload'>): Upload {
  return sink.target.file!.upload ?? transport.upload;
}

/** What a file is known by once it is there. */
export interface Content {
  sha256: string;
  /** null: it was sent before sizes were kept. */
  bytes: number | null;
}

/** Puts the bytes there under the temporary name; what an interrupted attempt left is written over. Throws FatalError UPLOAD_TAKEN. */
export async function stageFile(transport: FileTransport, place: FilePlace, bytes: Uint8Array): Promise<void> {
  await transport.write(place.staged, [bytes], { overwrite: true, direct: true });
}

/**
 * Moves a staged file to its place. A file of that name and content is ours, of a store that was restored. `unknown`: neither the temporary
 * file nor ours under its own name is there, so it is not known whether it was moved and taken, or removed. `altered`: it was moved, and
 * what is there has another size. Throws FatalError
 * TARGET_EXISTS for another file of that name, RENAME_IGNORED when the server says that it moved the file and did not.
 */
export async function placeFile(
  transport: FileTransport,
  place: FilePlace,
  content: Content,
  { encrypted, context }: { encrypted: boolean; context: PushContext },
): Promise<'placed' | 'unknown' | 'altered'> {
  try {
    await transport.rename(place.staged, place.final);
  } catch (error) {
    if (!(error instanceof InterlocalError)) throw error;
    if (error.code === 'FILE_MISSING') return (await whatLies(transport, place.final, content)) === 'same' ? 'placed' : 'unknown';
    if (error.code !== 'TARGET_EXISTS') throw error;
    if ((await whatLies(transport, place.final, content)) !== 'same') throw otherFile(place, encrypted, context);
    await transport.remove(place.staged);
    return 'placed';
  }
  // Where systems take files at once it is gone already; that the server says that it moved the file is proof enough.
  const there = await transport.stat(place.final);
  if (there && there.size !== undefined && content.bytes !== null && there.size !== content.bytes) return 'altered';
  if (!there && (await transport.stat(place.staged)))
    throw new FatalError({
      code: 'RENAME_IGNORED',
      place: { system: context.name, file: place.final },
      message: `The server says that it renamed ${place.staged} to ${place.final}, but the file still has its old name, so it was not delivered.`,
      hint: 'Ask the owner of the server to allow renames for this account. If that is not possible, set upload: direct for this connection in config/connections.yaml.',
    });
  return 'placed';
}

export function otherFile(place: FilePlace, encrypted: boolean, context: PushContext): FatalError {
  return new FatalError({
    code: 'TARGET_EXISTS',
    place: { system: context.name, file: place.final },
    message: `${place.final} was not sent, because another file with this name is already there. That file was not changed.`,
    hint:
      'Ask the owner of the system to process the file or to move it away, then run the pipeline again.' +
      (encrypted
        ? ' An encrypted file is different each time: after a restore it may be the one we sent earlier, so ask first whether it was processed.'
        : ''),
  });
}

/** Says that a file is complete, where the sink has a marker for that and the file was not taken yet. */
export async function markFile(transport: FileTransport, place: FilePlace, upload: Upload): Promise<void> {
  if (place.marker === undefined || !(await transport.stat(place.final))) return;
  try {
    await transport.write(place.marker, [], { overwrite: true, direct: upload !== 'rename' });
  } catch (error) {
    if (!(error instanceof InterlocalError) || error.code !== 'UPLOAD_TAKEN') throw error; // taken with its file
  }
}

/**
 * What is there under a file's own name: nothing, the content that is meant, or something else. Where it may not be read, its size says it;
 * where that is not said either, it is `other`.
 */
export async function whatLies(transport: FileTransport, path: string, { sha256, bytes }: Content): Promise<'missing' | 'same' | 'other'> {
  const there = await transport.stat(path);
  if (!there) return 'missing';
  if (bytes !== null && there.size !== undefined && there.size !== bytes) return 'other';
  const hash = createHash('sha256');
  try {
    for await (const piece of transport.read(path)) hash.update(piece);
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    if (error.code === 'FILE_MISSING') return 'missing';
    if (error.code === 'FILE_SIZE_WRONG') return 'other';
    return bytes !== null && there.size === bytes ? 'same' : 'other';
  }
  return hash.digest('hex') === sha256 ? 'same' : 'other';
}

/** Is what is there the beginning of these bytes: what an attempt wrote that was interrupted? Where it cannot be read, no. */
export async function isBeginning(transport: FileTransport, path: string, bytes: Uint8Array): Promise<boolean> {
  let at = 0;
  try {
    for await (const piece of transport.read(path)) {
      if (Buffer.compare(piece, bytes.subarray(at, at + piece.length)) !== 0) return false;
      at += piece.length;
    }
  } catch (error) {
    if (error instanceof FatalError) return false;
    throw error;
  }
  return at <= bytes.length;
}

/** Answers are small; what is larger is cut. */
const MAX_ANSWER_BYTES = 1_048_576;

/** What is known of a file and of its records by now: for all of them, or by their keys; undefined when there is nothing new. */
export interface FileAnswer {
  all?: Answer;
  byKey?: Map<string, Answer>;
}

export async function fileAnswer(
  transport: FileTransport,
  sink: SinkConfig,
  name: string,
  context: PushContext,
  /** Is it known that the file got there? Otherwise that it is gone says nothing. */
  arrived = true,
): Promise<FileAnswer | undefined> {
  const { taken, file, person } = sink.acknowledgment ?? {};
  if (file) {
    const folder = fillText(file.folder, context.variables);
    const pathOf = (template: string): string => joinPath(folder, named(fillText(template, context.variables), name));
    const there = async (template: string | undefined): Promise<string | undefined> =>
      template !== undefined && (await transport.stat(pathOf(template))) ? pathOf(template) : undefined;
    const refused = await there(file.rejected);
    const yes = await there(file.accepted);
    if (refused !== undefined && yes !== undefined) return { all: contradiction(context.name, name, yes, refused) };
    if (refused !== undefined) {
      const said = await textOf(transport, refused);
      return { all: rejection(context.name, shortened(said).split('\n')[0] ?? '', said) };
    }
    const results = await there(file.records?.name);
    if (results !== undefined) return { byKey: await answersOf(transport, sink, results, context) };
    if (yes !== undefined) {
      const text = await textOf(transport, yes);
      const number = file.number_after === undefined ? undefined : wordAfter(text, file.number_after);
      return { all: { state: 'accepted', said: shortened(text), ...(number === undefined ? {} : { number }) } };
    }
  }
  if (taken && arrived && !(await transport.stat(placeOf(sink, name, context).final)))
    return { all: { state: file || person ? 'acknowledged' : 'accepted' } };
  return undefined;
}

/** Sent again it might be entered twice, and left alone not at all: a person has to look. */
function contradiction(system: string, name: string, accepted: string, rejected: string): Answer {
  const problem = {
    code: 'ANSWERS_CONTRADICT',
    place: { system },
    message: `The answers of the other system to ${name} contradict each other: ${accepted} says that it was accepted, ${rejected} that it was rejected.`,
    hint: 'Check in the other system which answer is right. Then run interlocal deliver settle DELIVERY --accepted, or --rejected --reason TEXT; interlocal deliver sent shows the number of the delivery.',
  };
  return { state: 'unknown', problem };
}

/** What follows a text, up to the next space, comma or semicolon; undefined where the text does not occur. */
function wordAfter(text: string, words: string): string | undefined {
  const at = text.indexOf(words);
  const word =
    at < 0
      ? ''
      : text
          .slice(at + words.length)
          .trimStart()
          .split(/[\s,;]/, 1)[0]!;
  return word === '' ? undefined : word.slice(0, 100);
}

async function answersOf(transport: FileTransport, sink: SinkConfig, path: string, context: PushContext): Promise<Map<string, Answer>> {
  const { decoder, ...spec } = sink.acknowledgment!.file!.records!;
  const answers = new Map<string, Answer>();
  for await (const list of decodeWith(decoder, transport.read(path), { file: path }))
    for (const { values, problem } of list) {
      if (problem) throw new FatalError(problem);
      const { key, said, answer } = saidOfRecord(values, spec, context.name);
      if (!answer)
        throw new FatalError({
          code: 'ANSWER_REFUSED',
          place: { system: context.name, file: path, path: spec.result },
          message: `The answer says ${JSON.stringify(said)} for a record, but the connector knows only ${[...spec.accepted, ...spec.rejected].join(', ')}, so it is not known whether the system took the record.`,
          hint: "Look up in the vendor's manual what it means, and add it to accepted or rejected in acknowledgment.file.records of the connector.",
        });
      answers.set(key, answer);
    }
  return answers;
}

async function textOf(transport: FileTransport, path: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of transport.read(path)) {
    pieces.push(Uint8Array.from(piece));
    if ((size += piece.length) >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}

function named(template: string, name: string): string {
  return template.replaceAll('{name}', name).replaceAll('{stem}', name.replace(/\.[^.]*$/, ''));
}
