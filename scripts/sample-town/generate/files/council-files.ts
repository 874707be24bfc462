import { usDate } from '../calendar.ts';
import type { Dog, Permit } from '../clerk-activity.ts';
import { csvLine, type TownFile } from '../files.ts';
import { dollars } from '../money.ts';
import type { Plan } from '../plan.ts';
import type { Random } from '../random.ts';
import { TOWN } from '../residents.ts';
import { streamTruth, type Registry, type SeededError, type StreamTruth } from '../truth.ts';
import { HABITS, typePerson } from '../typing.ts';

const PERMIT_STREAM = 'council.permits';
const TAG_STREAM = 'council.dog-tags';

/** BLDS (C2): all required fields, codes raw and mapped; owner, fee and receipt are the town's own columns. */
export const PERMIT_COLUMNS = [
  'PermitNum',
  'Description',
  'AppliedDate',
  'IssuedDate',
  'CompletedDate',
  'StatusCurrent',
  'StatusCurrentMapped',
  'OriginalAddress1',
  'OriginalAddress2',
  'OriginalCity',
  'OriginalState',
  'OriginalZip',
  'PermitType',
  'PermitTypeMapped',
  'OwnerName',
  'OwnerPhone',
  'Fee',
  'ReceiptNumber',
] as const;

export function permitFile(
  random: Random,
  permits: readonly Permit[],
  plan: Plan,
  registry: Registry,
): { file: TownFile; seeded: SeededError[]; stream: StreamTruth } {
  const path = 'council/permits.csv';
  const seeded: SeededError[] = [];
  const lines = [PERMIT_COLUMNS.join(',')];
  for (const permit of permits) {
    const owner = typePerson(random, permit.owner, HABITS.permits);
    registry.resident(permit.owner.id, PERMIT_STREAM, permit.number, owner.variants);
    const name = random.chance(0.5) ? `${owner.first} ${owner.last}` : `${owner.last}, ${owner.first}`;
    const impossible = permit === plan.impossibleDate;
    if (impossible)
      seeded.push({
        kind: 'impossible-date',
        stream: PERMIT_STREAM,
        file: path,
        line: lines.length + 1,
        key: permit.number,
        expect: `reject this permit: 2026-02-30 is not a date; its receipt ${permit.receipt} is good`,
      });
    lines.push(
      csvLine([
        permit.number,
        permit.description,
        impossible ? '2026-02-30' : permit.applied,
        permit.issued,
        permit.completed,
        permit.status,
        permit.statusMapped,
        owner.address1,
        owner.address2,
        TOWN.name,
        TOWN.state,
        TOWN.zip,
        permit.type,
        permit.typeMapped,
        name,
        owner.phone,
        dollars(permit.cents),
        String(permit.receipt),
      ]),
    );
  }
  return { file: councilFile(path, lines), seeded, stream: streamTruth({ files: 1, records: permits.length, rejected: 1 }) };
}

const TAG_COLUMNS = [
  'tag_number',
  'tag_type',
  'tag_date',
  'tag_expire',
  'tag_status',
  'pet_name',
  'breed',
  'sex',
  'color',
  'rabies_expire',
  'owner',
  'address',
  'phone',
] as const;

/** The license system before the clerk's present one, saved from a spreadsheet: the tags' leading zeros are gone, names are in capitals. */
export function dogTagFile(random: Random, dogs: readonly Dog[], registry: Registry): { file: TownFile; stream: StreamTruth } {
  const older = dogs.filter((dog) => dog.inOlder);
  const lines = older.map((dog) => {
    const owner = typePerson(random, dog.owner, HABITS.dogTags);
    const key = String(Number(dog.tagNumber));
    registry.resident(dog.owner.id, TAG_STREAM, key, owner.variants);
    registry.dog(dog.id, TAG_STREAM, key, ['leading zeros lost']);
    const year = dog.inClerk ? random.integer(2023, 2024) : random.integer(2021, 2023);
    const issued = `${year}-${String(random.integer(1, 12)).padStart(2, '0')}-${String(random.integer(1, 28)).padStart(2, '0')}`;
    const expires = `${year + 1}${issued.slice(4)}`;
    return csvLine([
      key,
      dog.tagType,
      usDate(issued),
      usDate(expires),
      dog.inClerk ? 'EXPIRED' : dog.status,
      dog.name.toUpperCase(),
      dog.breed.toUpperCase(),
      dog.sex,
      dog.color.toUpperCase(),
      usDate(expires),
      `${owner.last}, ${owner.first}`,
      [owner.address1, owner.address2].filter((part) => part !== '').join(' '),
      owner.phone,
    ]);
  });
  return {
    file: councilFile('council/dog-tags.csv', [TAG_COLUMNS.join(','), ...lines]),
    stream: streamTruth({ files: 1, records: older.length }),
  };
}

export function councilFile(path: string, lines: readonly string[]): TownFile {
  return { path, bytes: Buffer.from(`${lines.join('\n')}\n`), modified: '2026-07-06T12:00:00Z' };
}
