import type { Project } from '../../../config/project.ts';
import type { ReconciliationConfig } from '../../../config/schema/pipeline.ts';
import { causesOf, type Echoing } from '../../../reconciliation/exceptions/echoes.ts';
import { dayNumber } from '../../../reconciliation/calendar.ts';
import type { BusinessDays } from '../../../reconciliation/entry.ts';
import { cleaned } from '../../../reconciliation/fields.ts';
import { landing } from '../../../store/landing/landing.ts';
import type { Knex } from '../../../store/open.ts';
import { saveCauses, unfinishedWithRecords } from '../../../store/reconciliation/exception-causes.ts';
import type { ExceptionRecord, StoredException } from '../../../store/reconciliation/exceptions.ts';
import { partnersOf } from '../../../store/reconciliation/partners.ts';
import { fieldValues } from '../../../store/reconciliation/totals.ts';
import { townDays } from '../pass-rules.ts';
import { batchEchoes } from './batch-echoes.ts';

/** Puts exceptions with one cause under it, over all reconciliations. The order in which these run decides nothing. */
export async function linkEchoes(knex: Knex, project: Project): Promise<void> {
  await landing(knex, (_, trx) => linkIn(trx, project));
}

async function linkIn(trx: Knex, project: Project): Promise<void> {
  const { exceptions, records } = await unfinishedWithRecords(trx);
  const read = fieldReader(trx, project, exceptions, records);
  const tags = await tagsOf(project, exceptions, read);
  await tagMonthlyFees(project, exceptions, read, tags);
  for (const { id, ...tag } of await batchEchoes(trx, project, exceptions, records)) addTag(tags, id, tag.name, tag.role);
  const kin = await kinOf(trx, exceptions, records);
  const found = exceptions.map(({ id, pipeline, type, about, since, facts, minor }): Echoing => ({
    id,
    pipeline,
    type,
    holds: about === 'money',
    since,
    records: (records.get(id) ?? []).map(nameOfRecord),
    minor,
    right: new Set((records.get(id) ?? []).filter(({ side }) => side === 'right').map(nameOfRecord)),
    kin: kin.get(id) ?? [],
    tags: [
      // The same file is missing in every reconciliation that would read it.
      ...(type === 'source_missing' ? [{ name: `${facts.source} ${facts.missing}`, role: 'either' as const }] : []),
      // So is the batch of which one source gives a total, or several: of its cash, its cards and its lines.
      ...(BATCHES.has(type) ? batchNames(project, pipeline, type, facts).map((name) => ({ name, role: 'either' as const })) : []),
      ...(tags.get(id) ?? []),
    ],
    ...(typeof facts.cause === 'string' ? { named: facts.cause } : {}),
  }));
  const causes = causesOf(found, chainOrder(project));
  await saveCauses(trx, new Map(exceptions.filter((e) => causes.get(e.id) !== e.causeId).map((e) => [e.id, causes.get(e.id) ?? null])));
}

type Tags = Echoing['tags'][number][];

function nameOfRecord({ entityId, golden }: Pick<ExceptionRecord, 'entityId' | 'golden'>): string {
  return `${entityId} ${golden}`;
}

/**
 * By finding, the records that its own are matched with: a receipt that was voided too late is matched with its payment, so what another
 * reconciliation finds of the payment is the same.
 */
async function kinOf(
  trx: Knex,
  exceptions: readonly StoredException[],
  records: ReadonlyMap<string, readonly ExceptionRecord[]>,
): Promise<Map<string, string[]>> {
  const findings = exceptions.filter(({ about }) => about === 'finding');
  const own = findings.flatMap(({ id, pipeline }) => (records.get(id) ?? []).map((record) => ({ ...record, id, pipeline })));
  const partners = await partnersOf(trx, own);
  const kin = new Map<string, string[]>();
  for (const record of own)
    for (const partner of partners.get(record) ?? []) kin.set(record.id, [...(kin.get(record.id) ?? []), nameOfRecord(partner)]);
  return kin;
}

/** Exceptions about a batch and what its source says of it. */
const BATCHES: ReadonlySet<string> = new Set(['missing_batch', 'control_total_differs']);

/**
 * By what a batch that did not come, or whose total does not hold, is known to other reconciliations: its total, and where its source gives several totals of one batch,
 * the values by which the batch is told. A day alone tells no batch.
 */
function batchNames(project: Project, pipeline: string, type: string, facts: StoredException['facts']): string[] {
  if (typeof facts.record !== 'string') return [];
  const names = [`${type} ${facts.record}`];
  const values = String(facts.of ?? facts.total ?? '').split(', ');
  const passes = project.pipelines.get(pipeline)?.value.reconcile?.passes ?? [];
  const [control, ...others] = passes.filter((pass) => pass.control !== undefined);
  if (!control?.on || !control.totals || others.length || control.on.length !== values.length) return names;
  const pairs = control.on.map((field, i) => [typeof field === 'string' ? field : field.right, values[i]!] as const);
  if (pairs.every(([, value]) => /^\d{4}-\d{2}-\d{2}$/.test(value))) return names;
  const [connection] = JSON.parse(facts.record) as string[];
  return [...names, `${type} ${JSON.stringify([connection, control.totals.entity, ...pairs.map((pair) => pair.join(' ')).sort()])}`];
}

/** By exception, the values that `echo_of` ties it by to exceptions of another reconciliation. */
async function tagsOf(project: Project, exceptions: readonly StoredException[], fieldsOf: FieldReader): Promise<Map<string, Tags>> {
  const tags = new Map<string, Tags>();
  let days: BusinessDays | undefined;
  /** Counted only where a rule has days: with all exceptions of years, the calendar is long. */
  const indexOf = (date: string): number => {
    if (!days) {
      const dates = exceptions.flatMap(({ since }) => (since === null ? [] : [dayNumber(since)]));
      days = townDays(project, dates, dates[0] ?? 0);
    }
    return days.index(dayNumber(date));
  };
  const tag = (id: string, name: string, role: 'cause' | 'echo'): void => addTag(tags, id, name, role);
  for (const [pipeline, { value }] of project.pipelines)
    for (const [i, { pipeline: other, here, there, clean, within }] of (value.reconcile?.echo_of ?? []).entries()) {
      const nameOf = (text: string): string | null => {
        const value = cleaned(text, ['upper', 'alnum', ...(clean === undefined ? [] : [clean]), 'no_leading_zeros']);
        return value === null ? null : `${pipeline} ${i} ${value}`;
      };
      const own = await fieldsOf(pipeline, here);
      if (!within) {
        for (const [list, role] of [[own, 'echo'] as const, [await fieldsOf(other, there), 'cause'] as const])
          for (const { id, about, type, text } of list) {
            const name = nameOf(text);
            if (name === null) continue;
            // Two findings about one record are two causes, unless they say the same; so does what is open there by that name.
            tag(id, `${type} ${name}`, role);
            if (about === 'money') tag(id, name, role);
          }
        continue;
      }
      for (const { id, about, since, text } of own) {
        const name = nameOf(text);
        if (name !== null && about === 'money' && since !== null) tag(id, `${name} ${indexOf(since)}`, 'echo');
      }
      for (const { id, since, text } of missingWith(project, exceptions, other, there)) {
        const name = nameOf(text);
        for (let lag = within.from; name !== null && lag <= within.to; lag++) tag(id, `${name} ${indexOf(since) + lag}`, 'cause');
      }
    }
  return tags;
}

function addTag(tags: Map<string, Tags>, id: string, name: string, role: 'cause' | 'echo'): void {
  tags.set(id, [...(tags.get(id) ?? []), { name, role }]);
}

/** The values of a field of the records of a reconciliation's exceptions. */
type FieldReader = (pipeline: string, field: string) => Promise<FieldOfRecord[]>;

/** An exception, with what one of its records has in a field. */
type FieldOfRecord = StoredException & { golden: number; text: string };

function fieldReader(
  trx: Knex,
  project: Project,
  exceptions: readonly StoredException[],
  records: ReadonlyMap<string, readonly ExceptionRecord[]>,
): FieldReader {
  return async (pipeline, field) => {
    const found: FieldOfRecord[] = [];
    const config = project.pipelines.get(pipeline)?.value.reconcile;
    if (!config) return found;
    for (const side of ['left', 'right'] as const) {
      const { entity } = config[side];
      const model = project.entities.get(entity)?.value;
      if (!model?.fields[field]) continue;
      const own = exceptions
        .filter((e) => e.pipeline === pipeline)
        .flatMap((e) => (records.get(e.id) ?? []).filter((r) => r.side === side).map(({ golden }) => ({ ...e, golden })));
      const values = await fieldValues(
        trx,
        entity,
        field,
        own.map(({ golden }) => golden),
      );
      for (const exception of own) found.push({ ...exception, text: values.get(exception.golden) ?? '' });
    }
    return found;
  };
}

/**
 * The debit of a month also has the fees of a settlement that did not come: where it is more than the contract gives for those that came,
 * that settlement is the cause. They know each other by the fields that tell the senders apart; both are records of one entity.
 */
async function tagMonthlyFees(
  project: Project,
  exceptions: readonly StoredException[],
  fieldsOf: FieldReader,
  tags: Map<string, Tags>,
): Promise<void> {
  const fees = exceptions.filter(({ type, facts }) => type === 'fee_odd' && facts.month && Number(facts.fee) > Number(facts.expected));
  if (!fees.length) return;
  for (const [pipeline, { value }] of project.pipelines)
    for (const rule of value.reconcile?.exceptions ?? []) {
      const missing = rule.expected ? exceptions.filter((e) => e.pipeline === pipeline && e.type === rule.type && e.since !== null) : [];
      if (!rule.expected || !rule.by || !missing.length) continue;
      const { entity } = value.reconcile![rule.expected];
      for (const { id, since, facts } of missing) addTag(tags, id, `fee ${pipeline} ${since!.slice(0, 7)} ${String(facts.of)}`, 'cause');
      for (const own of new Set(fees.map((fee) => fee.pipeline))) {
        const sides = project.pipelines.get(own)?.value.reconcile;
        if (sides?.left.entity !== entity && sides?.right.entity !== entity) continue;
        const values = await Promise.all(rule.by.map((field) => fieldsOf(own, field)));
        for (const { id, facts } of fees.filter((fee) => fee.pipeline === own)) {
          // Several senders may have one debit each, and the contract all of them in one sum.
          const debits = new Set(values.flatMap((list) => list.filter((one) => one.id === id).map(({ golden }) => golden)));
          for (const debit of debits) {
            const texts = values.map((list) => list.find((one) => one.id === id && one.golden === debit)?.text ?? '');
            if (texts.every((text) => text !== '')) addTag(tags, id, `fee ${pipeline} ${String(facts.month)} ${texts.join(', ')}`, 'echo');
          }
        }
      }
    }
}

/** What did not come of a reconciliation's senders, with the value of a field by which its rule tells them apart. */
function missingWith(
  project: Project,
  exceptions: readonly StoredException[],
  pipeline: string,
  field: string,
): { id: string; since: string; text: string }[] {
  const rules = (project.pipelines.get(pipeline)?.value.reconcile?.exceptions ?? []).filter(({ by }) => by?.includes(field));
  return exceptions.flatMap(({ id, pipeline: own, type, since, facts }) => {
    const by = own === pipeline && since !== null ? rules.find((rule) => rule.expected && rule.type === type)?.by : undefined;
    const values = String(facts.of ?? '').split(', ');
    return by && values.length === by.length ? [{ id, since: since!, text: values[by.indexOf(field)]! }] : [];
  });
}

/**
 * Each pipeline after the reconciliations that it runs after, and each reconciliation after those whose right is its left: slips are held
 * against receipts before they are held against the bank. Those of which neither is first are in the order of their names.
 */
function chainOrder(project: Project): Map<string, number> {
  const names = [...project.pipelines.keys()].sort();
  const reconciliation = (pipeline: string): ReconciliationConfig | undefined => project.pipelines.get(pipeline)?.value.reconcile;
  const byRight = Map.groupBy(names, (pipeline) => reconciliation(pipeline)?.right.entity);
  const steps = new Map<string, number>();
  const stepsTo = (pipeline: string, path: ReadonlySet<string>): number => {
    const value = project.pipelines.get(pipeline)?.value;
    const known = steps.get(pipeline);
    if (known !== undefined || !value || path.has(pipeline)) return known ?? 0;
    const earlier = [...value.after, ...(value.reconcile ? (byRight.get(value.reconcile.left.entity) ?? []) : [])];
    const behind = new Set([...path, pipeline]);
    const most = Math.max(0, ...earlier.map((before) => stepsTo(before, behind) + (reconciliation(before) ? 1 : 0)));
    steps.set(pipeline, most);
    return most;
  };
  for (const pipeline of names) stepsTo(pipeline, new Set());
  const inOrder = names.toSorted((a, b) => steps.get(a)! - steps.get(b)!);
  return new Map(inOrder.map((pipeline, i) => [pipeline, i]));
}
