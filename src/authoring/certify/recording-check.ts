import { counted } from '../../core/text/counted.ts';
import { fails, holds, holdsBut, type Verdict } from './finding.ts';
import type { Fixture } from './recordings/fixtures.ts';
import type { SourceRecord } from '../../core/record.ts';
import { differences, type Reading, saidOf } from './reading.ts';

/** One recorded file, page sequence or result, as it read now. */
export interface Read {
  /** The file's name; none for requests and queries. */
  file?: string;
  reading: Reading;
}

/** Compares what was read with records.json: values, rejected records, files refused. Says the first difference of each kind. */
export function compareWithRecording(fixture: Fixture, reads: readonly Read[]): Verdict {
  const wrong: string[] = [];
  const refusedAs = new Map(fixture.refused.map((r) => [r.file, r.code]));
  const good: { file?: string; record: SourceRecord }[] = [];
  const aside: { file?: string; record: SourceRecord }[] = [];
  for (const { file, reading } of reads) {
    const code = file === undefined ? undefined : refusedAs.get(file);
    if (code !== undefined) {
      refusedAs.delete(file!);
      if (!reading.refused) wrong.push(`${file} must be refused with ${code}, but reads as ${counted(reading.records.length, 'record')}`);
      else if (!reading.refused.some((p) => p.code === code))
        wrong.push(`${file} must be refused with ${code}, but is refused with ${saidOf(reading.refused)}`);
      continue;
    }
    if (reading.refused)
      wrong.push(`${file ?? 'the recording'} is refused: ${[saidOf(reading.refused), reading.refused[0]?.hint ?? ''].join(' ').trim()}`);
    for (const record of reading.records) (record.problem ? aside : good).push({ file, record });
  }
  for (const [file, code] of refusedAs) wrong.push(`records.json says that ${file} is refused with ${code}, but there is no such file`);
  if (good.length !== fixture.records.length)
    wrong.push(`${counted(good.length, 'record')} read, but records.json has ${fixture.records.length}`);
  for (let i = 0; i < Math.min(good.length, fixture.records.length); i++) {
    const names = differences(good[i]!.record.values, fixture.records[i]!);
    if (names.length === 0) continue;
    const name = names[0]!;
    wrong.push(
      `record ${i + 1}${placeOf(good[i]!)}: ${name} is ${JSON.stringify(good[i]!.record.values[name] ?? null)}, but records.json says ${JSON.stringify(fixture.records[i]![name] ?? null)}`,
    );
    break;
  }
  wrong.push(...rejectsThatDiffer(fixture, aside));
  if (wrong.length)
    return fails(
      wrong.slice(0, 4).join('; '),
      'Correct the connector, or records.json if that is wrong. With --write-records, certify writes records.json as the recording reads now, for you to review.',
    );
  const detail = `${counted(good.length, 'record')}${aside.length ? `, ${aside.length} rejected` : ''}${fixture.refused.length ? `, ${counted(fixture.refused.length, 'file')} refused` : ''}, as recorded.`;
  // A recording of which nothing is read is read "as recorded" by any manifest: it proves nothing.
  if (good.every(({ record }) => record.deleted))
    return fails(
      `Not one record can be used: ${detail}${aside[0] ? ` The first is rejected with ${aside[0].record.problem!.code}: ${aside[0].record.problem!.message}` : ''}`,
      'A recording needs at least one good record of each stream. Fix the connector until it reads them, or record some.',
    );
  if (aside.length > good.length)
    return holdsBut(
      detail,
      'More than half of the records are rejected: check whether the system really sends that much unusable data or the schema is too strict.',
    );
  return holds(detail);
}

/** Nothing is proven by a store without records, when the recording has some. undefined: there are records. */
export function storesNothing(stored: number, recorded: number): Verdict {
  if (stored > 0 || recorded === 0) return undefined;
  return fails(
    `The recording has ${counted(recorded, 'good record')}, and a run stored none of them, so nothing is proven.`,
    'This is a bug in Interlocal: please report it with the recording.',
  );
}

function rejectsThatDiffer(fixture: Fixture, aside: readonly { file?: string; record: SourceRecord }[]): string[] {
  const left = [...fixture.rejected];
  const wrong: string[] = [];
  for (const one of aside) {
    const { record, file } = one;
    const at = left.findIndex(
      (r) =>
        r.code === record.problem!.code &&
        (r.file === undefined || r.file === file) &&
        (r.line === undefined || r.line === record.line) &&
        (r.record === undefined || r.record === record.number),
    );
    if (at < 0)
      wrong.push(
        `record ${record.number}${placeOf(one)} is rejected (${record.problem!.code}: ${record.problem!.message}), but records.json does not say so`,
      );
    else left.splice(at, 1);
  }
  for (const r of left)
    wrong.push(
      `records.json says that ${r.line === undefined ? `record ${r.record ?? '?'}` : `line ${r.line}`} is rejected with ${r.code}, but it is not`,
    );
  return wrong;
}

function placeOf({ file, record }: { file?: string; record: SourceRecord }): string {
  if (file === undefined && record.line === undefined) return '';
  return ` (${[file, record.line === undefined ? undefined : `line ${record.line}`].filter((part) => part !== undefined).join(', ')})`;
}
