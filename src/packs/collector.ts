import { FatalError, type Problem } from '../core/errors.ts';

/** What an archive's reader calls for each file in it; true: the archive is not read on. */
export type TakeFile = (name: string, bytes: Buffer) => boolean;

/** Collects what an archive holds within the limits, in memory: nothing is written before everything is checked. */
export interface Collector {
  /** Bytes that may still come, for whoever unpacks. */
  room(): number;
  /** Tells of a file before it is unpacked; false: do not. */
  announce(name: string, size: number): boolean;
  take: TakeFile;
  refuse(problem: Problem): void;
  problems: Problem[];
}

export function unreadable(file: string, message: string): FatalError {
  return new FatalError({
    code: 'PACK_UNREADABLE',
    place: { file },
    message,
    hint: 'Give the folder of a connector, or a .zip or .tgz of one, as interlocal pack writes it.',
  });
}

export function textOfName(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
