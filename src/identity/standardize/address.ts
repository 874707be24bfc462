import { standardText } from './text.ts';

/** The parts of a street address as they are compared. */
export interface StreetAddress {
  number: string | null;
  street: string | null;
  /** Unit, apartment, or whatever the second line says. */
  unit: string | null;
}

const SHORT = new Map(
  Object.entries({
    street: 'st',
    str: 'st',
    avenue: 'ave',
    av: 'ave',
    road: 'rd',
    drive: 'dr',
    lane: 'ln',
    court: 'ct',
    place: 'pl',
    boulevard: 'blvd',
    circle: 'cir',
    terrace: 'ter',
    highway: 'hwy',
    parkway: 'pkwy',
    square: 'sq',
    trail: 'trl',
    crescent: 'cres',
    circuit: 'cct',
    close: 'cl',
    way: 'wy',
    route: 'rte',
    turnpike: 'tpke',
    extension: 'ext',
    heights: 'hts',
    north: 'n',
    south: 's',
    east: 'e',
    west: 'w',
    northeast: 'ne',
    northwest: 'nw',
    southeast: 'se',
    southwest: 'sw',
    saint: 'st',
    mount: 'mt',
    first: '1st',
    second: '2nd',
    third: '3rd',
  }),
);
const UNITS = new Set([
  'apt',
  'apartment',
  'unit',
  'ste',
  'suite',
  'rm',
  'room',
  'lot',
  'fl',
  'floor',
  'bldg',
  'building',
  'trlr',
  'flat',
  'no',
]);

/** Takes an address apart: the number apart from the street, an apartment typed on the first line moved to the unit. */
export function streetAddress(line1: string | null | undefined, line2?: string | null): StreetAddress {
  const first = tokens(line1?.replaceAll('#', ' unit '));
  const second = tokens(line2?.replaceAll('#', ' unit '));
  // Some type the apartment on the first line and the street on the second.
  const [main, other] =
    first.length > 0 && /^\d/.test(first[0]!) ? [first, second] : isStreet(second) && !isStreet(first) ? [second, first] : [first, second];
  const at = main.findIndex((word, i) => i > 0 && UNITS.has(word) && i < main.length - 1);
  const inside = at < 0 ? [] : main.slice(at + 1);
  const rest = at < 0 ? main : main.slice(0, at);
  let number: string | null = null;
  let street = rest;
  if (rest[0] === 'po' && rest[1] === 'box') {
    number = rest[2]?.replace(/^0+(?=\d)/, '') ?? null;
    street = ['po', 'box'];
  } else if (rest.length > 0 && /^\d+[a-z]?$/.test(rest[0]!)) {
    number = rest[0]!.replace(/^0+(?=\d)/, '');
    street = rest.slice(1);
  }
  const unit = [...inside, ...other.filter((word, i) => !UNITS.has(word) || i === other.length - 1)];
  return { number, street: street.length > 0 ? street.join(' ') : null, unit: unit.length > 0 ? unit.join(' ') : null };
}

function tokens(text: string | null | undefined): string[] {
  return (
    standardText(text)
      ?.split(' ')
      .map((word) => SHORT.get(word) ?? word) ?? []
  );
}

const STREET_WORDS = new Set([
  'st',
  'ave',
  'rd',
  'dr',
  'ln',
  'ct',
  'blvd',
  'cir',
  'ter',
  'hwy',
  'pkwy',
  'trl',
  'cres',
  'cct',
  'wy',
  'rte',
  'tpke',
]);

function isStreet(words: readonly string[]): boolean {
  return words.length > 2 && /^\d+[a-z]?$/.test(words[0]!) && words.some((word) => STREET_WORDS.has(word));
}
