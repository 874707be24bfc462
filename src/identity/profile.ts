import type { Profile } from './roles.ts';
import type { FeatureConfig, PopulationConfig } from '../config/schema/identity.ts';
import type { ScaleName } from './compare/levels.ts';
import { streetAddress } from './standardize/address.ts';
import { emailAddress, phoneDigits, postalCode } from './standardize/contact.ts';
import { dateDigits } from './standardize/dates.ts';
import { looksLikeOrganization, organizationName } from './standardize/organization.ts';
import { personName } from './standardize/person-name.ts';
import { standardCode, standardText } from './standardize/text.ts';

/** The columns of a record, as a mapping made them. */
export type Columns = Readonly<Record<string, string | number | null>>;

/** A feature as it is read: several come of one person_name or address. */
export interface FeatureSource {
  name: string;
  /** The key in the model that it comes of. */
  of: string;
  scale: ScaleName | undefined;
  household: boolean;
}

/** The features that one key of the model gives, in the order in which they are read. */
export function featuresOf(key: string, { compare }: FeatureConfig): FeatureSource[] {
  const feature = (name: string, scale: ScaleName | undefined, household = false): FeatureSource => ({ name, of: key, scale, household });
  if (compare === 'person_name')
    return [feature('given', 'given_name'), feature('middle', 'middle_name'), feature('surname', 'surname'), feature('suffix', undefined)];
  if (compare === 'address')
    return [
      feature('number', 'house_number', true),
      feature('street', 'line', true),
      feature('unit', 'line', true),
      feature('city', 'text', true),
      feature('state', 'exact', true),
      feature('postal_code', 'postal_code', true),
    ];
  if (compare === 'organization_name') return [feature(key, 'organization')];
  return [feature(key, compare, compare === 'phone' || compare === 'email')];
}

/** What reads a record into a profile, and whether a record belongs to the population. */
export function populationReader(
  config: PopulationConfig,
  sources: readonly FeatureSource[],
): { read: (columns: Columns) => Profile; fits: (columns: Columns) => boolean } {
  const keys = [...new Set(sources.map((source) => source.of))];
  const readers = keys.map((key) => readerOf(key, config.features[key]!));
  const { when, looks_like } = config;
  const meets = meeting(when ?? {});
  const looks = meeting(looks_like?.where ?? {});
  return {
    read(columns) {
      const profile: (string | null)[] = [];
      for (const read of readers) for (const value of read(columns)) profile.push(value);
      return profile;
    },
    fits: (columns) =>
      meets(columns) || (looks_like !== undefined && looks(columns) && looksLikeOrganization(text(columns[looks_like.organization]))),
  };
}

function meeting(conditions: Readonly<Record<string, readonly (string | null)[]>>): (columns: Columns) => boolean {
  const list = Object.entries(conditions);
  return (columns) => list.every(([field, values]) => values.includes(text(columns[field])));
}

function readerOf(key: string, config: FeatureConfig): (columns: Columns) => (string | null)[] {
  const { compare } = config;
  const { first, middle, last, suffix, full, line1, line2, city, state, postal_code, typed } = config.fields ?? {};
  const field = config.field ?? key;
  const value = (columns: Columns, name: string | undefined): string | null => (name === undefined ? null : text(columns[name]));
  switch (compare) {
    case 'person_name':
      return (c) => {
        const name = personName({
          first: value(c, first),
          middle: value(c, middle),
          last: value(c, last),
          suffix: value(c, suffix),
          full: value(c, full),
        });
        return [name.given, name.middle, name.surname, name.suffix];
      };
    case 'address':
      return (c) => {
        const { number, street, unit } = streetAddress(value(c, line1), value(c, line2));
        return [number, street, unit, standardText(value(c, city)), standardText(value(c, state)), postalCode(value(c, postal_code))];
      };
    case 'organization_name':
      return (c) => [organizationName(value(c, field))];
    case 'date':
      return (c) => [dateDigits(value(c, field)) ?? dateDigits(value(c, typed))];
    case 'phone':
      return (c) => [phoneDigits(value(c, field))];
    case 'email':
      return (c) => [emailAddress(value(c, field))];
    case 'code':
      return (c) => [standardCode(value(c, field))];
    case 'exact':
    case 'text':
      return (c) => [standardText(value(c, field))];
  }
}

function text(value: string | number | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
