import { createHash } from 'node:crypto';
import type { SinkConfig } from '../config/schema/connector.ts';
import { FatalError, InterlocalError } from '../core/errors.ts';
import { decodeWith } from '../formats/formats.ts';
import { joinPath } from '../transports/paths.ts';
import type { FileTransport } from '../transports/transport.ts';
import { type Answer, type PushContext, rejection, saidOfRecord, shortened } from './push.ts';
import { fillText } from './template.ts';

/** Where a file of a sink lies at the other side. */
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

/** Puts the bytes there under the temporary name; what an interrupted attempt left is written over. */
export async function stageFile(transport: FileTransport, place: FilePlace, bytes: Uint8Array): Promise<void> {
  await transport.write(place.staged, [bytes], { overwrite: true });
}

/**
 * Moves a staged file to its place. That it is not there under its temporary name any more says that it was moved before, by an attempt
 * that was killed: the other side may have taken it since. A file of the same name and content is ours, of a store that was restored.
 * Throws FatalError TARGET_EXISTS for another one.
 */
export async function placeFile(
  transport: FileTransport,
  place: FilePlace,
  { sha256, encrypted }: { sha256: string; encrypted: boolean },
  context: PushContext,
): Promise<void> {
  if (await transport.stat(place.staged)) {
    try {
      await transport.rename(place.staged, place.final);
    } catch (error) {
      if (!(error instanceof InterlocalError) || error.code !== 'TARGET_EXISTS') throw error;
      if ((await hashOf(transport, place.final)) !== sha256)
        throw new FatalError({
          code: 'TARGET_EXISTS',
          place: { system: context.name, file: place.final },
          message: `${place.final} is there already, and it is another file than the one to be sent.`,
          hint:
            'Have it taken or moved away at the other side, then run the pipeline again.' +
            (encrypted
              ? ' Encrypted files are never the same twice: after a restore it may be ours of before, so ask first whether it was taken.'
              : ''),
        });
      await transport.remove(place.staged);
    }
  }
  if (place.marker !== undefined && (await transport.stat(place.final))) await transport.write(place.marker, [], { overwrite: true });
}

async function hashOf(transport: FileTransport, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of transport.read(path)) hash.update(piece);
  return hash.digest('hex');
}

/** Answers are small; what is larger is cut. */
const MOST_ANSWER_BYTES = 1_048_576;

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
): Promise<FileAnswer | undefined> {
  const { taken, file, person } = sink.acknowledgement ?? {};
  if (file) {
    const folder = fillText(file.folder, context.variables);
    const pathOf = (template: string): string => joinPath(folder, named(fillText(template, context.variables), name));
    const there = async (template: string | undefined): Promise<string | undefined> =>
      template !== undefined && (await transport.stat(pathOf(template))) ? pathOf(template) : undefined;
    const refused = await there(file.rejected);
    if (refused !== undefined) {
      const said = await textOf(transport, refused);
      return { all: rejection(context.name, shortened(said).split('\n')[0] ?? '', said) };
    }
    const results = await there(file.records?.name);
    if (results !== undefined) return { byKey: await answersOf(transport, sink, results, context) };
    const yes = await there(file.accepted);
    if (yes !== undefined) return { all: { state: 'accepted', said: shortened(await textOf(transport, yes)) } };
  }
  if (taken && !(await transport.stat(placeOf(sink, name, context).final)))
    return { all: { state: file || person ? 'acknowledged' : 'accepted' } };
  return undefined;
}

async function answersOf(transport: FileTransport, sink: SinkConfig, path: string, context: PushContext): Promise<Map<string, Answer>> {
  const { decoder, ...spec } = sink.acknowledgement!.file!.records!;
  const answers = new Map<string, Answer>();
  for await (const list of decodeWith(decoder, transport.read(path), { file: path }))
    for (const { values, problem } of list) {
      if (problem) throw new FatalError(problem);
      const { key, said, answer } = saidOfRecord(values, spec, context.name);
      if (!answer)
        throw new FatalError({
          code: 'ANSWER_REFUSED',
          place: { system: context.name, file: path, path: spec.result },
          message: `The answer says ${JSON.stringify(said)} of a record, and the connector knows ${[...spec.accepted, ...spec.rejected].join(', ')}.`,
          hint: 'Add it to accepted or rejected of acknowledgement.file.records.',
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
    if ((size += piece.length) >= MOST_ANSWER_BYTES) break;
  }
  return Buffer.concat(pieces).toString('utf8');
}

function named(template: string, name: string): string {
  return template.replaceAll('{name}', name).replaceAll('{stem}', name.replace(/\.[^.]*$/, ''));
}
