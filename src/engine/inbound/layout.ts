import { counted } from '../../core/text/counted.ts';

import { changesSince, type Columns, isOfDrift, type RememberedColumns } from '../../connector/stream/drift.ts';
import type { Selector } from '../../connector/stream/select.ts';
import { dayIn } from '../../core/time/time.ts';
import type { Problem } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import type { Knex } from '../../store/open.ts';
import { saveColumns } from '../../store/ledger/sources.ts';
import type { InboundRun } from './inbound-run.ts';

/** What the layout of a source needs of a run. */
type LayoutRun = Pick<InboundRun, 'id' | 'note' | 'now' | 'project' | 'source' | 'stream'>;

/** What a load sees of its source's layout, held against the last run that read it well. */
export interface Layout {
  /** Columns that a header or a catalog names, before anything is read of them. */
  told(columns: readonly string[] | Columns): void;
  /** Whose records are looked at. */
  from(selector: Selector): void;
  /** Counts rejected records because the layout is another one. */
  see(records: readonly SourceRecord[]): void;
  /** Counts records that are what they were, and fitted then. */
  countUnchanged(count: number): void;
  /** The problems, the first that comes of a changed layout saying what changed. */
  explained(problems: readonly Problem[]): Problem[];
  /** What changed, for a note about these new columns; '' when they were there before. */
  saidOfNew(columns: readonly string[]): string;
  /** Keeps the layout as the last good one, unless most records did not fit it; notes what changed where some did not. */
  remember(trx: Knex, name: string): Promise<void>;
}

export function layoutOf(run: LayoutRun): Layout {
  const before = run.source.columns === null ? undefined : (JSON.parse(run.source.columns) as RememberedColumns);
  let named: Map<string, string> | undefined;
  let selector: Selector | undefined;
  let records = 0;
  let strange = 0;
  const now = (): Columns => {
    const seen: Columns = selector?.columns() ?? new Map<string, string>();
    if (!named) return seen;
    // A header or catalog says nothing of what is inside groups and lists.
    const inside = [...seen].filter(([name]) => name.includes('.') && !named!.has(name));
    return new Map([...[...named].map(([name, kind]): [string, string] => [name, kind || (seen.get(name) ?? '')]), ...inside]);
  };
  const said = (): string | undefined => changesSince(before, now(), run.stream.schema.fields);
  return {
    told(columns) {
      named = 'keys' in columns && 'get' in columns ? new Map(columns) : new Map((columns as readonly string[]).map((name) => [name, '']));
    },
    from: (given) => void (selector = given),
    see(list) {
      records += list.length;
      for (const { problem } of list) if (problem && isOfDrift(problem)) strange++;
    },
    countUnchanged: (count) => void (records += count),
    explained(problems) {
      const first = problems.find(isOfDrift);
      const changes = first && said();
      return problems.map((p) => (p === first && changes ? { ...p, message: `${p.message} ${changes}` } : p));
    },
    saidOfNew(columns) {
      const changes = before && columns.some((name) => !Object.hasOwn(before.columns, name)) ? said() : undefined;
      return changes ? ` ${changes}` : '';
    },
    async remember(trx, name) {
      const columns = now();
      const changes = strange > 0 ? said() : undefined;
      if (changes) run.note(`${name}: ${counted(strange, 'record')} did not match the fields declared in the connector. ${changes}`);
      if (columns.size === 0 || strange * 2 > records) return;
      const remembered: RememberedColumns = {
        run: run.id,
        on: dayIn(run.project.config.town.time_zone, run.now()),
        columns: Object.fromEntries(columns),
      };
      run.source.columns = JSON.stringify(remembered);
      await saveColumns(trx, run.source.id, run.source.columns);
    },
  };
}
