import { standardText } from './text.ts';

const LEGAL = new Set([
  'inc',
  'incorporated',
  'llc',
  'llp',
  'lp',
  'pllc',
  'pc',
  'corp',
  'corporation',
  'co',
  'company',
  'ltd',
  'limited',
  'the',
  'dba',
  'na',
]);
const SHORT: Record<string, string> = {
  and: '',
  of: '',
  assoc: 'association',
  assn: 'association',
  bros: 'brothers',
  ctr: 'center',
  centre: 'center',
  dept: 'department',
  svc: 'services',
  svcs: 'services',
  service: 'services',
  mgmt: 'management',
  univ: 'university',
  intl: 'international',
  natl: 'national',
  st: 'saint',
};
/** A name with one of these is an organization's. */
const SIGNS =
  /\b(?:inc|incorporated|llc|llp|pllc|corp|corporation|company|co|ltd|limited|church|school|college|university|town of|city of|county of|village of|department|dept|bank|credit union|association|assoc|assn|foundation|trust|club|league|society|services|enterprises|partners|group|properties|realty|holdings|plumbing|electric|construction|contracting|landscaping|painting|roofing|paving|masonry|flooring|heating|cleaning|law offices?|dental|salon|bakery|insurance|consulting|and sons|restaurant|pizza|store|shop|hospital|clinic|ministries|post|lodge|auxiliary)\b/;

/** An organization's name as it is compared: without its legal form, with the usual abbreviations written out. */
export function organizationName(text: string | null | undefined): string | null {
  const plain = standardText(text?.replaceAll('&', ' and '));
  if (plain === null) return null;
  const words = plain.split(' ').map((word) => SHORT[word] ?? word);
  const kept = words.filter((word) => word !== '' && !LEGAL.has(word));
  return (kept.length > 0 ? kept : words.filter((word) => word !== '')).join(' ') || null;
}

/** Does a name say by itself that it is an organization's? */
export function looksLikeOrganization(text: string | null | undefined): boolean {
  const plain = standardText(text?.replaceAll('&', ' and '));
  return plain !== null && SIGNS.test(plain);
}
