import type { CarryConfig } from '../../../config/schema/carry.ts';

/** What another record of the same golden record says of a field. */
export interface Sayer {
  source: string;
  value: string | null;
  /** It said something else when the pipeline last looked, and what it says now is not an echo of what was sent to it. */
  corrected: boolean;
  /** It says now what was sent to it. */
  echo: boolean;
  /** It emptied a field that it owns: it said something once, and says now that there is nothing. */
  emptied: boolean;
  /** When its record changed last, by latest_by of the model. */
  changedAt: string | null;
}

/** One field of one record of the target system, and all that is known about it. */
export interface FieldLook {
  golden: string | null;
  /** The model says that the most recent value survives, whatever the system. */
  mostRecent: boolean;
  /** Connections that own the field; undefined: any system may correct it. Empty: it is sent to none. */
  owners: readonly string[] | undefined;
  /** The target system owns it. */
  owned: boolean;
  target: {
    /** What the system has, as far as that is known: what it said, or what was sent since. */
    value: string | null;
    /** It changed the field itself since both systems agreed, or since something was sent. */
    changed: boolean;
    changedAt: string | null;
  };
  others: readonly Sayer[];
  /** What a person set in the golden record: it counts above what every system says, and above who owns the field. */
  steward?: Pick<Sayer, 'value' | 'corrected' | 'changedAt'> | undefined;
  /** Its value in a row of the outbox that is not sent yet. */
  pending?: { value: string | null } | undefined;
  /** The pipeline says that the field may be emptied in the target. */
  mayEmpty: boolean;
  /** More records than ever were emptied at once: a person looks first. */
  tooMany: boolean;
  /** Any difference is sent, not only a correction. */
  all: boolean;
  conflicts: CarryConfig['conflicts'];
  /** The last day that a time of change can have, in any zone: what is after it is a mistake, or a clock that is ahead. */
  lastDay: string;
}

/**
 * What becomes of the field. keep: the systems differ and nothing is sent. owned: the target owns it. nobody: it is sent to no system.
 * not_owner: the value is not from a system that owns the field. newer: the target's change is the later one. echo: it is what was sent to
 * another system and came back. differs: it differed before, and nobody corrected it since.
 * emptied: it was emptied, and the pipeline does not carry that. emptied_elsewhere: it was emptied in a system that does not own it.
 */
export type FieldVerdict =
  | { do: 'nothing' }
  | { do: 'send'; value: string | null }
  | { do: 'review'; value: string | null }
  | { do: 'keep'; why: KeptWhy; value: string | null };
export type KeptWhy = 'owned' | 'nobody' | 'not_owner' | 'newer' | 'echo' | 'differs' | 'emptied' | 'emptied_elsewhere';

/**
 * What a look did not send, and why. `no_record`: the system has no record of it, and none is made. `parted`: see CARRY_PARTED;
 * `value` is the record that was corrected.
 */
export interface HeldBack {
  /** The canonical record. */
  record: number;
  /** Its number in the target system. */
  key: string | null;
  field: string | null;
  why: KeptWhy | 'no_record' | 'parted';
  value: string | null;
  theirs: string | null;
}

/** Decides about one field. Pure. */
export function judgeField(look: FieldLook): FieldVerdict {
  const { target, owners, steward } = look;
  const others = steward ? [...look.others, { source: '', echo: false, emptied: steward.value === null, ...steward }] : look.others;
  const correctors = others.filter((one) => one.corrected && one.value !== null);
  const waits = look.pending?.value ?? null;
  const waiting = waits !== null && others.some((one) => one.value === waits);
  const value = valueToCarry(look, correctors, waiting ? waits : null);
  if (value === null || value === target.value) return judgeEmptied(look, others);
  const fresh = correctors.some((one) => one.value === value);
  if (!fresh && !waiting && !look.all)
    return { do: 'keep', why: others.some((one) => one.echo && one.value === value) ? 'echo' : 'differs', value };
  if (look.owned) return { do: 'keep', why: 'owned', value };
  if (owners !== undefined) {
    if (owners.length === 0) return { do: 'keep', why: 'nobody', value };
    if (!steward && !others.some((one) => one.value === value && owners.includes(one.source)))
      return { do: 'keep', why: 'not_owner', value };
  }
  return resolved(
    look,
    value,
    others.filter((one) => one.value === value),
  );
}

/**
 * What becomes of a field that has no other value to carry. It is emptied in the target where its owner or a person emptied it and the
 * pipeline says so: that some system says nothing is not a correction.
 */
function judgeEmptied(look: FieldLook, others: readonly Sayer[]): FieldVerdict {
  const { target, owners, steward, golden } = look;
  if (target.value === null) return { do: 'nothing' };
  const emptiers =
    golden !== null ? [] : others.filter((one) => one.emptied && (steward ? one.source === '' : owners?.includes(one.source)));
  if (emptiers.length === 0)
    return others.some((one) => one.corrected && one.value === null)
      ? { do: 'keep', why: 'emptied_elsewhere', value: null }
      : { do: 'nothing' };
  const waiting = look.pending !== undefined && look.pending.value === null;
  if (!waiting && !look.all && !emptiers.some((one) => one.corrected)) return { do: 'keep', why: 'differs', value: null };
  if (look.owned) return { do: 'keep', why: 'owned', value: null };
  if (owners?.length === 0) return { do: 'keep', why: 'nobody', value: null };
  if (!look.mayEmpty) return { do: 'keep', why: 'emptied', value: null };
  if (look.tooMany) return { do: 'review', value: null };
  return resolved(look, null, emptiers);
}

/** The value is sent, unless the target changed the field as well: then by the policy of the pipeline. */
function resolved({ target, conflicts, owners, lastDay }: FieldLook, value: string | null, ours: readonly Sayer[]): FieldVerdict {
  if (!target.changed || target.value === null) return { do: 'send', value };
  if (conflicts === 'owner' && owners !== undefined) return { do: 'send', value };
  if (conflicts === 'newest') {
    const at = latest(ours)?.changedAt ?? null;
    // A time that is not known is neither earlier nor later. One that is still to come would win until it has come.
    const isKnown = (time: string | null): time is string => time !== null && time.slice(0, 10) <= lastDay;
    if (isKnown(at) && isKnown(target.changedAt) && at !== target.changedAt)
      return at > target.changedAt ? { do: 'send', value } : { do: 'keep', why: 'newer', value };
  }
  return { do: 'review', value };
}

/**
 * The golden value; where the most recent value survives, the last correction. A time of change is that of a whole record: a record with
 * another field changed later would otherwise win with its old value.
 */
function valueToCarry(
  { golden, mostRecent, target, steward }: FieldLook,
  correctors: readonly Sayer[],
  waits: string | null,
): string | null {
  if (!mostRecent || steward) return golden;
  const last = latest(correctors);
  if (!last) return waits ?? golden;
  // The target corrected it as well, and its record is the later one: the golden value is its own.
  if (target.changed && golden === target.value && (target.changedAt ?? '') > (last.changedAt ?? '')) return golden;
  return correctors.some((one) => one.value === golden && one.changedAt === last.changedAt) ? golden : last.value;
}

function latest(list: readonly Sayer[]): Sayer | undefined {
  return [...list].sort((a, b) => (a.changedAt ?? '').localeCompare(b.changedAt ?? '', 'en')).at(-1);
}
