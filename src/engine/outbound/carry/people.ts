import type { Values } from '../../../core/record.ts';
import type { Member } from '../../../store/identity/identity.ts';
import type { StewardValue } from '../../../store/identity/steward-values.ts';
import type { Looked } from '../../../store/outbound/carry.ts';
import type { ScannedGolden } from '../../../store/outbound/outbound.ts';
import type { OutboxRow } from '../../../store/outbound/outbox.ts';
import { isEcho } from './same.ts';

/** A member of a golden record: what its system says, and what is known of what was sent to it. */
export interface Person {
  member: Member;
  /** Its canonical values as plain text. */
  values: Values;
  /** Fields that its system owns and emptied. */
  emptied: readonly string[];
  landed: number;
  /** The run that landed it last. */
  read: number;
  changedAt: string | null;
  before: Looked | undefined;
  /** What reached it or may have, the newest first, of every pipeline. */
  reached: OutboxRow[];
  /** Of this pipeline, for it: what is not sent, or was sent last. */
  latest: OutboxRow[];
}

/** A golden record and everybody who says something about it. */
export interface Cluster {
  golden: number;
  people: Person[];
  /** Ids of all its members, also of those that are gone: every id that it ever had. */
  ids: number[];
  /** Field → what a person set in it. */
  steward: ReadonlyMap<string, StewardValue>;
}

/** A golden record that a run looks at, and what is known of it in the target. */
export interface FoundCluster extends Cluster {
  /** What is to be sent of it; undefined where the pipeline does not want it, or it is gone. */
  wanted: ScannedGolden | undefined;
  /** Those of its people that are records of the target. */
  there: Person[];
  /** Rows of the outbox that make it in the target, whichever id it had then. */
  created: OutboxRow[];
}

export function textOf(value: Values[string] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Does the person's system say that there is nothing in a field that it owns and had something in? */
export function hasEmptied({ values, emptied }: Person, field: string): boolean {
  return textOf(values[field]) === null && emptied.includes(field);
}

/** What was sent of a field last. */
function sentLast(person: Person, field: string): { value: string | null; before: string | null; run: number } | undefined {
  const row = person.reached.find(({ carried }) => carried !== null && Object.hasOwn(carried.fields, field));
  return row && { ...row.carried!.fields[field]!, run: row.run };
}

/** Did the person's system correct the field since the pipeline last looked, or does it repeat what was sent to it? */
export function heard(person: Person, field: string): { corrected: boolean; echo: boolean } {
  const value = textOf(person.values[field]);
  const before = person.before?.said[field];
  const sent = sentLast(person, field);
  const echo = sent !== undefined && isEcho(sent.value, value);
  // A value that is another only because the mapping changed is not a correction: nothing was read again.
  if (!before || before.value === value || person.landed === person.before!.landed) return { corrected: false, echo };
  return echo && sent.run >= before.run ? { corrected: false, echo: true } : { corrected: true, echo: false };
}

/** What the target has, as far as that is known, and whether it changed the field itself since the last exchange. */
export function exchange(person: Person, field: string): { value: string | null; changed: boolean } {
  const said = textOf(person.values[field]);
  const sent = sentLast(person, field);
  const known = person.before?.said[field];
  const agreed = known?.agreed ?? known;
  // It was not read again since something was sent: what was sent is what it has.
  const value = sent && person.read < sent.run ? sent.value : said;
  if (sent && sent.run > (agreed?.run ?? -1)) return { value, changed: said !== sent.before && !isEcho(sent.value, said) };
  return { value, changed: agreed !== undefined && agreed.value !== said };
}
