const SLOT_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
const MAX_CACHED = 100_000;

/** Clock time in a zone to instants and back. All times in milliseconds; `local` is a clock time as if it were UTC. */
export interface Zone {
  /**
   * The instant at which clocks in the zone show this time. In the hour that is skipped in spring there is none: it is
   * read as if the clock had not been put forward (02:30 is 03:30 daylight time), which is what a till that was not put
   * forward means. In the hour that comes twice in autumn the first one is taken. Both as Temporal's "compatible".
   */
  instantOf(local: number): number;
  localOf(instant: number): number;
}

const zones = new Map<string, Zone>();

/** Throws RangeError for a zone that there is not. */
export function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (!zone) zones.set(name, (zone = makeZone(name)));
  return zone;
}

/** Is there such a zone? What is found is kept: mappings are compiled often, and asking for a zone takes long. */
export function isTimeZone(name: string): boolean {
  try {
    zoneOf(name);
    return true;
  } catch {
    return false;
  }
}

let known: Set<string> | undefined;

/** Throws RangeError for a zone that there is not. */
function formatIn(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    era: 'short',
  });
}

function makeZone(name: string): Zone {
  // Of a name that is certainly right it is made when a time is asked for: the first one takes 15 ms.
  known ??= new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  let format = known.has(name) ? undefined : formatIn(name);
  // Intl takes 2 µs a call. Offsets change at quarters of an hour only, so each quarter is asked for once.
  const offsets = new Map<number, number>();

  function offsetAt(instant: number): number {
    const slot = Math.floor(instant / SLOT_MS);
    let offset = offsets.get(slot);
    if (offset === undefined) {
      if (offsets.size >= MAX_CACHED) offsets.clear();
      offsets.set(slot, (offset = readOffset(slot * SLOT_MS)));
    }
    return offset;
  }

  function readOffset(instant: number): number {
    const parts: Record<string, string> = {};
    for (const { type, value } of (format ??= formatIn(name)).formatToParts(instant)) parts[type] = value;
    const year = parts['era'] === 'BC' ? 1 - Number(parts['year']) : Number(parts['year']);
    return (
      utcOf(year, Number(parts['month']), Number(parts['day']), Number(parts['hour']), Number(parts['minute']), Number(parts['second'])) -
      instant
    );
  }

  return {
    instantOf(local) {
      const before = offsetAt(local - DAY_MS);
      const after = offsetAt(local + DAY_MS);
      const first = local - before;
      if (before === after || offsetAt(first) === before) return first;
      const second = local - after;
      return offsetAt(second) === after ? second : first;
    },
    localOf: (instant) => instant + offsetAt(instant),
  };
}

/** Like Date.UTC, which takes the years 0-99 for 1900-1999. */
export function utcOf(year: number, month: number, day: number, hour = 0, minute = 0, second = 0, millisecond = 0): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, millisecond);
  return date.getTime();
}
