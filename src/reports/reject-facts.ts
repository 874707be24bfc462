import { connectorOf, type Project } from '../config/project.ts';
import type { EntityConfig, FieldType } from '../config/schema/model.ts';
import { plainMoney } from '../core/money.ts';
import { sameProblem } from '../core/grouped-problems.ts';
import type { Problem } from '../core/errors.ts';
import { type Values, valueAt } from '../core/record.ts';
import { compileMapping } from '../mapping/compile.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { Reject } from '../store/landing/rejects.ts';

/** What a person needs to find a rejected record at its source: which one, of which day, over how much. */
export interface RejectFacts {
  reject: Reject;
  /** Its key at the source; null for a record that could not be read so far. */
  key: string | null;
  /** The key is of a person: pages do not show it. */
  keyIsPersonal: boolean;
  /** YYYY-MM-DD as the mapping reads it; as the source wrote it where that is not a date. */
  date: string | null;
  /** Decimal text as the mapping reads it; as the source wrote it where that is not an amount. Several of one record are added up. */
  amount: string | null;
  /** Of an amount that could be read: its currency and minor units. */
  currency: string | null;
  minor: number | null;
}

/** Rejected records with the same problems, of one pipeline. */
export interface RejectGroup {
  pipeline: string;
  problems: Problem[];
  rejects: RejectFacts[];
  /** Exact sums of the amounts that could be read, by currency; decimal text. */
  totals: Record<string, string>;
  /** How many of them have no amount that could be read. */
  withoutAmount: number;
}

/** Groups rejected records by what is wrong with them, in the order in which each came first. */
export function groupRejects(project: Project, rejects: readonly Reject[]): RejectGroup[] {
  const factsOf = rejectFacts(project);
  const groups = Map.groupBy(rejects, (reject) => `${reject.pipeline} ${reject.problems.map(sameProblem).join(' ')}`);
  return [...groups.values()].map((list) => {
    const facts = list.map(factsOf);
    return {
      pipeline: list[0]!.pipeline,
      problems: list[0]!.problems,
      rejects: facts,
      ...rejectTotals(facts),
    };
  });
}

/** What rejected records add up to. */
export function rejectTotals(facts: readonly RejectFacts[]): Pick<RejectGroup, 'totals' | 'withoutAmount'> {
  const sums = new Map<string, number>();
  for (const { minor, currency } of facts) if (minor !== null && currency !== null) sums.set(currency, (sums.get(currency) ?? 0) + minor);
  return {
    totals: Object.fromEntries([...sums].map(([currency, sum]) => [currency, plainMoney(sum, currency)])),
    withoutAmount: facts.filter((f) => f.minor === null).length,
  };
}

/** Reads key, date and amount of rejected records; mappings are compiled once for each pipeline. */
export function rejectFacts(project: Project): (reject: Reject) => RejectFacts {
  const readers = new Map<string, Reader>();
  return (reject) => {
    let reader = readers.get(reject.pipeline);
    if (!reader) readers.set(reject.pipeline, (reader = readerOf(project, reject.pipeline)));
    const facts = { reject, key: reject.key.startsWith('raw:') ? null : reject.key, keyIsPersonal: reader.keyIsPersonal };
    if (!reject.readable) return { ...facts, date: null, amount: null, currency: null, minor: null };
    const values = JSON.parse(reject.raw) as Values;
    return { ...facts, date: reader.date(values, reject), ...reader.amount(values, reject) };
  };
}

interface Reader {
  keyIsPersonal: boolean;
  date(values: Values, reject: Reject): string | null;
  amount(values: Values, reject: Reject): Pick<RejectFacts, 'amount' | 'currency' | 'minor'>;
}

function readerOf(project: Project, pipeline: string): Reader {
  const config = project.pipelines.get(pipeline)?.value;
  const connector = connectorOf(project, config?.source?.connection ?? '');
  const stream = connector?.streams[config?.source?.stream ?? ''];
  const key = [stream?.primary_key ?? []].flat().filter((field) => typeof field === 'string');
  const names = config?.mappings ?? [];
  const dates = names.flatMap((name) => fieldReader(project, name, 'date'));
  const amounts = names.flatMap((name) => fieldReader(project, name, 'money'));
  return {
    keyIsPersonal: key.some((field) => stream?.schema.fields[field]?.class === 'personal'),
    date(values, reject) {
      for (const read of dates) {
        const found = read(values, reject);
        if (found.mapped.length) return found.mapped[0]!.value;
        if (found.said !== null) return found.said;
      }
      return null;
    },
    amount(values, reject) {
      for (const read of amounts) {
        const { mapped, said } = read(values, reject);
        const currency = mapped[0]?.currency ?? null;
        if (currency !== null && mapped.every((one) => one.currency === currency)) {
          const minor = mapped.reduce((sum, one) => sum + Number(one.value), 0);
          return { amount: plainMoney(minor, currency), currency, minor };
        }
        if (said !== null) return { amount: said, currency: null, minor: null };
      }
      return { amount: null, currency: null, minor: null };
    },
  };
}

type FieldReader = (values: Values, reject: Reject) => { mapped: { value: string; currency: string | null }[]; said: string | null };

/** Reads the first field of a type by its rule of the mapping alone: what is wrong with the other fields does not matter. */
function fieldReader(project: Project, name: string, type: FieldType): FieldReader[] {
  const config = project.mappings.get(name)?.value;
  const entity = config && project.entities.get(config.entity)?.value;
  if (!config || !entity) return [];
  const field = Object.keys(entity.fields).find(
    (field) => entity.fields[field]!.type === type && entity.fields[field]!.class !== 'personal' && config.fields[field] !== undefined,
  );
  if (field === undefined) return [];
  const only: EntityConfig = { ...entity, fields: { [field]: entity.fields[field]! }, indexes: [] };
  const settings = { currency: project.config.town.currency, timeZone: project.config.town.time_zone, lookups: project.lookups };
  const { when: _, tests: _t, ...rest } = config;
  let mapping: CompiledMapping;
  try {
    mapping = compileMapping({ ...rest, tests: [], fields: { [field]: config.fields[field]! } }, only, settings);
  } catch {
    // Its rule needs the others; then the record is found by its key and line.
    return [];
  }
  const [source] = (mapping.sources[field] ?? []).filter((path) => !path.startsWith('@') && !path.startsWith('../'));
  return [
    (values, reject) => {
      const { candidates } = mapping.apply({ values, number: reject.record }, { connection: '' });
      const mapped = candidates.flatMap(({ columns }) => {
        const value = columns[field];
        return value === null || value === undefined
          ? []
          : [{ value: String(value), currency: type === 'money' ? String(columns[`${field}_currency`] ?? '') || null : null }];
      });
      const said = source === undefined ? undefined : valueAt(values, source);
      return { mapped, said: typeof said === 'string' && said.trim() !== '' ? said.trim() : null };
    },
  ];
}
