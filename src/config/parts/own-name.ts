import type { Problem } from '../../core/errors.ts';
import type { Part } from '../draft.ts';
import type { TextFile } from '../find-files.ts';
import type { MappingConfig } from '../schema/mapping.ts';
import type { SinkMappingConfig } from '../schema/sink-mapping.ts';

/** What a file calls itself must be its own name: everything else refers to it by that. */
export function named<T>(part: Part<T> | undefined, key: string & keyof T, file: TextFile, problems: Problem[]): Part<T> | undefined {
  const given = part?.value[key];
  if (!part || given === file.name) return part;
  const where = key === 'connector' ? 'folder' : 'file';
  problems.push({
    code: 'NAME_MISMATCH',
    place: { ...part.at([key]), path: key },
    message: `is "${String(given)}", but the ${where} is named "${file.name}".`,
    hint: `Write ${key}: ${file.name}, or rename the ${where}.`,
  });
  return undefined;
}

/** A mapping that a connector brings along is of that connector. */
export function ofItsPack(part: Part<MappingConfig> | undefined, file: TextFile, problems: Problem[]): Part<MappingConfig> | undefined {
  return isOfItsPack(part, part?.value.from.connector, 'from', file, problems) ? part : undefined;
}

export function sinkOfItsPack(
  part: Part<SinkMappingConfig> | undefined,
  file: TextFile,
  problems: Problem[],
): Part<SinkMappingConfig> | undefined {
  return isOfItsPack(part, part?.value.sink.connector, 'sink', file, problems) ? part : undefined;
}

function isOfItsPack(
  part: Part<unknown> | undefined,
  connector: string | undefined,
  key: 'from' | 'sink',
  file: TextFile,
  problems: Problem[],
): boolean {
  if (!part || file.pack === undefined || connector === file.pack) return true;
  problems.push({
    code: 'VALUE_INVALID',
    place: { ...part.at([key, 'connector']), path: `${key}.connector` },
    message: `must be ${file.pack}, because this mapping is in the folder of that connector.`,
    hint: `Write connector: ${file.pack}, or move the mapping into mappings/.`,
  });
  return false;
}
