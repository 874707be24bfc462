import type { ReconciliationConfig } from '../../config/schema/pipeline.ts';
import { calendarDay } from '../../core/time/time.ts';
import { dayNumber } from '../../reconciliation/calendar.ts';
import type { Entry, Side } from '../../reconciliation/entry.ts';
import { connectionsWithSeveral, namesOfGolden, type SourceName, sourceNames } from '../../store/landing/record-names.ts';
import type { Knex } from '../../store/open.ts';
import { recordsAmong, recordsOfSide, recordsWith, type SideRecord } from '../../store/reconciliation/totals.ts';
import { type Interruption, type Run, stopIfAsked } from '../run/context.ts';
import { fieldsOf } from './pass-rules.ts';
import { recordNames } from './record-name.ts';
import type { ReadSide } from './reconcile.ts';

/** An entry, with what the store knows it by. */
export interface StoredEntry extends Entry {
  golden: number;
  version: number;
}

/** Reads records of one side as entries. Records without an amount are none: nothing can be said of them. */
export interface SideReader {
  side: ReadSide;
  /** The fields whose values are read. */
  fields: readonly string[];
  all(): Promise<StoredEntry[]>;
  /** All of them, some at a time, in the order of their ids. */
  pages(): AsyncGenerator<StoredEntry[]>;
  /** Those of these that are on the side. */
  some(goldens: readonly number[]): Promise<StoredEntry[]>;
  /** Those with one of these values in each of these fields; null: no value. */
  with(wanted: Readonly<Record<string, readonly (string | number | null)[]>>): Promise<StoredEntry[]>;
}

/** Records that are read at once. */
const PAGE = 5000;
/** A name that is asked for takes as long as so many that are read in a row. */
const FAR_APART = 5;

/** A reader of one side, with the fields that the passes and rules look at. */
export async function sideReader(
  run: Interruption & Pick<Run, 'project'>,
  trx: Knex,
  config: ReconciliationConfig,
  side: ReadSide,
  which: Side,
): Promise<SideReader> {
  const fields = fieldsOf(config, which);
  const { date } = config[which];
  const columns = [...new Set([...fields, ...(date === undefined ? [] : [date])])];
  const at = new Map(columns.map((column, i) => [column, i]));
  const names = await recordNames(trx);
  const valuesOf = sharedTexts(
    fields,
    fields.map((field) => at.get(field)!),
  );
  const { time_zone: zone } = run.project.config.town;
  const dayOf = dayReader(zone);
  // The store gives each record a text of its own for the currency that nearly all of them have.
  const currencies = new Map<string, string>();
  const currencyOf = (text: string): string => currencies.get(text) ?? (currencies.set(text, text), text);
  const entryOf = (record: SideRecord, sources: ReadonlyMap<number, SourceName>): StoredEntry[] => {
    if (record.minor === null || record.currency === null) return [];
    const day = date === undefined ? null : record.values[at.get(date)!];
    return [
      {
        id: names.nameOf(sources.get(record.id), record.id),
        minor: record.minor,
        currency: currencyOf(record.currency),
        day: day === null || day === undefined ? null : dayOf(String(day)),
        values: valuesOf(record.values),
        golden: record.id,
        version: record.version,
      },
    ];
  };
  const namesOf = (records: readonly SideRecord[], several?: ReadonlySet<string>): Promise<Map<number, SourceName>> =>
    namesOfGolden(
      trx,
      side.entityId,
      records.map(({ id }) => id),
      several,
    );
  const named = async (records: readonly SideRecord[]): Promise<StoredEntry[]> => {
    const sources = await namesOf(records);
    return records.flatMap((record) => entryOf(record, sources));
  };
  async function* pages(): AsyncGenerator<StoredEntry[]> {
    const several = await connectionsWithSeveral(trx, side.entityId);
    for await (const page of recordsOfSide(trx, side, columns, PAGE)) {
      stopIfAsked(run);
      const [from, to] = [page[0]!.id, page.at(-1)!.id];
      // What lies between is read too, and thrown away: of a few records among millions, each is asked for.
      const sources = await ((to - from) / page.length < FAR_APART
        ? sourceNames(trx, side.entityId, { from, to, several })
        : namesOf(page, several));
      yield page.flatMap((record) => entryOf(record, sources));
    }
  }
  return {
    side,
    fields,
    pages,
    async all() {
      const entries: StoredEntry[] = [];
      for await (const page of pages()) entries.push(...page);
      return entries;
    },
    some: async (goldens) => named(await recordsAmong(trx, side, columns, goldens)),
    with: async (wanted) => named(await recordsWith(trx, side, columns, wanted)),
  };
}

/** The day number in town of a stored day or moment. Each text is read once: a year has few days and many records. */
export function dayReader(zone: string): (text: string) => number {
  const days = new Map<string, number>();
  return (text) => {
    let day = days.get(text);
    if (day === undefined) days.set(text, (day = dayNumber(calendarDay(text, zone))));
    return day;
  };
}

/**
 * The values of these columns as text, by field. Places, days and accounts come again and again: each text of a column is kept once. Of a
 * column with a text of its own in every other record, such as a number, none is: that would only take time, and memory.
 */
function sharedTexts(fields: readonly string[], columns: readonly number[]): (row: SideRecord['values']) => Entry['values'] {
  const known: (Map<string, string> | undefined)[] = columns.map(() => new Map());
  const seen = new Float64Array(columns.length);
  const empty = emptyValues(fields);
  return (row) => {
    const values = { ...empty };
    for (let i = 0; i < fields.length; i++) {
      const value = row[columns[i]!];
      if (value === null || value === undefined) continue;
      let text = String(value);
      const texts = known[i];
      if (texts) {
        const same = texts.get(text);
        if (same !== undefined) text = same;
        else if (texts.size < MOST_SHARED) texts.set(text, text);
        if (++seen[i]! === TRIED && texts.size > TRIED / 2) known[i] = undefined;
      }
      values[fields[i]!] = text;
    }
    return values;
  };
}

/** Records after which it is known whether the texts of a column come again. */
const TRIED = 5000;

/** To be copied: from one that was parsed, an object has room for its fields and no more, a third of the memory less. */
export function emptyValues(fields: readonly string[]): Record<string, string | null> {
  return JSON.parse(JSON.stringify(Object.fromEntries(fields.map((field) => [field, null])))) as Record<string, string | null>;
}

/** Texts of a column that are kept once. */
const MOST_SHARED = 100_000;
