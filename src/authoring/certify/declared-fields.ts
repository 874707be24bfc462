import type { StreamConfig } from '../../config/schema/connector.ts';
import { fails, holds, holdsBut, type Verdict } from './finding.ts';
import { placesAt, type SourceRecord } from '../../core/record.ts';

export const DECLARED = { check: 'fields', title: 'Every field that must be there is in some record' };

/** A name that no record has was misspelled, or is unproven: nothing else would tell, since an absent field is one without a value. */
export function declaredFields({ schema: { fields } }: StreamConfig, records: readonly SourceRecord[]): Verdict {
  const readable = records.filter((r) => r.raw === undefined && !r.deleted);
  const needed = Object.keys(fields).filter((name) => !fields[name]!.optional);
  if (needed.length === 0 || readable.length === 0) return undefined;
  const strange: string[] = [];
  const unseen: string[] = [];
  for (const path of needed) {
    const places = readable.map(({ values }) => placesAt(values, path));
    if (places.some(({ groups, name }) => groups.some((group) => group[name] !== undefined))) continue;
    (places.some(({ groups }) => groups.length > 0) ? strange : unseen).push(path);
  }
  if (strange.length)
    return fails(
      `No recorded record has ${strange.slice(0, 8).join(', ')}.`,
      'Correct the name in schema.fields, add a record that has the field to the recording, or write optional: true for a field that may be missing.',
    );
  const detail = `All ${needed.length} that must be there are in some record.`;
  return unseen.length
    ? holdsBut(
        `Cannot check ${unseen.slice(0, 8).join(', ')}: no recorded record has the element that contains it.`,
        'Add a record that has this element to the recording.',
      )
    : holds(detail);
}
