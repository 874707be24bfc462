import { ConfigError, type Problem } from '../../core/errors.ts';
import { matchingOf } from '../../config/schema/model.ts';
import { constantOf } from '../../mapping/parse.ts';
import type { Member } from '../../store/identity/identity.ts';
import { memberByName, membersOfGolden } from '../../store/identity/members.ts';
import { insertStewardValue, listStewardValues, type StewardValue, undoStewardValues } from '../../store/identity/steward-values.ts';
import { landing } from '../../store/landing/landing.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { columnsOfField } from '../../store/model-tables.ts';
import type { Knex } from '../../store/open.ts';
import type { Engine } from '../run/engine.ts';
import { entitiesById } from './matched.ts';
import type { MatchedKind } from './members.ts';
import { writeAgain } from './place-again.ts';

export type { StewardValue } from '../../store/identity/steward-values.ts';

/** Who sets a value or takes it back, and why. */
export interface StewardBy {
  actor: string;
  reason: string;
  now?: () => Date;
}

/** What was set or taken back. */
export interface StewardChange {
  golden_id: number;
  /** Numbers of the values. */
  values: number[];
  fields: string[];
}

/**
 * Sets fields of the golden record that a member belongs to. What a person set outranks what every system says, also after everything is
 * imported again, until it is taken back. An empty text empties the field. Throws ConfigError with every problem of the values.
 */
export async function setValues(
  engine: Engine,
  kind: MatchedKind,
  member: Member,
  values: ReadonlyMap<string, string>,
  by: StewardBy,
): Promise<StewardChange> {
  const given = columnsOfValues(engine, kind, values);
  const at = (by.now ?? (() => new Date()))().toISOString();
  return change(engine, kind, member, async (trx, owner, mates) => {
    // The same field set again: the new value takes the place of the old one, which stays in the list as taken back.
    await undoStewardValues(trx, idsOf(await holding(trx, kind, mates), [...given.keys()]), by.actor, at);
    const ids: number[] = [];
    for (const [field, columns] of given)
      ids.push(await insertStewardValue(trx, kind.entityId, { ...owner, field, columns, reason: by.reason, actor: by.actor, at }));
    await appendAudit(trx, {
      actor: by.actor,
      action: 'identity_value_set',
      subject: kind.entity.entity,
      detail: { values: ids, fields: [...given.keys()], record: `${owner.source}:${owner.key}`, reason: by.reason },
    });
    return { golden_id: owner.golden!, values: ids, fields: [...given.keys()] };
  });
}

/** Takes values back that people set in these fields of a golden record: what the systems say counts again. */
export async function unsetValues(
  engine: Engine,
  kind: MatchedKind,
  member: Member,
  fields: readonly string[],
  by: StewardBy,
): Promise<StewardChange> {
  const at = (by.now ?? (() => new Date()))().toISOString();
  return change(engine, kind, member, async (trx, owner, mates) => {
    const held = await holding(trx, kind, mates);
    const problems = fields
      .filter((field) => !held.some((value) => value.field === field))
      .map((field): Problem => ({
        code: 'STEWARD_VALUE_UNKNOWN',
        place: { path: `${kind.entity.entity} #${owner.golden}` },
        message: `There is no value of ${field} set by a person now, so nothing was taken back.`,
        hint: `To list the values that people set, run interlocal identity values ${kind.entity.entity}.`,
      }));
    if (problems.length > 0) throw new ConfigError(problems);
    const ids = idsOf(held, fields);
    await undoStewardValues(trx, ids, by.actor, at);
    await appendAudit(trx, {
      actor: by.actor,
      action: 'identity_value_undone',
      subject: kind.entity.entity,
      detail: { values: ids, fields: [...fields], reason: by.reason },
    });
    return { golden_id: owner.golden!, values: ids, fields: [...fields] };
  });
}

/** Values that people set, the newest first, also those that were taken back: of one golden record, or of all. */
export async function valuesSet({ knex }: Engine, kind: MatchedKind, of: Member | undefined, limit: number): Promise<StewardValue[]> {
  const mates = of && [of, ...(await membersOfGolden(knex, kind.entityId, of.golden ?? of.id))];
  return listStewardValues(knex, kind.entityId, { of: mates, limit });
}

/** Field → the value that a person set in a golden record and that holds. */
export async function valuesThatHold({ knex }: Engine, kind: MatchedKind, golden: number): Promise<Map<string, StewardValue>> {
  const held = await holding(knex, kind, await membersOfGolden(knex, kind.entityId, golden));
  return new Map(held.reverse().map((value) => [value.field, value]));
}

/** Changes what people set, and computes the golden record again, as a run of its own: its changes have a time and reach other systems. */
async function change(
  engine: Engine,
  kind: MatchedKind,
  member: Member,
  make: (trx: Knex, owner: Member, mates: readonly Member[]) => Promise<StewardChange>,
): Promise<StewardChange> {
  return landing(
    engine.knex,
    async (held, trx) => {
      // A run may have put it with somebody else while this waited for its turn.
      const owner = await liveMember(trx, kind, (await memberByName(trx, kind.entityId, member)) ?? member);
      const made = await make(trx, owner, await membersOfGolden(trx, kind.entityId, owner.golden!));
      const placed = { goldens: new Set([owner.golden!]), goldenOf: new Map<number, number>() };
      await writeAgain(held, trx, kind, `values set in ${kind.entity.entity}`, placed, await entitiesById({ ...engine, knex: trx }));
      return made;
    },
    { comparing: true },
  );
}

async function holding(trx: Knex, { entityId }: MatchedKind, of: readonly Member[]): Promise<StewardValue[]> {
  return listStewardValues(trx, entityId, { of, holding: true });
}

function idsOf(values: readonly StewardValue[], fields: readonly string[]): number[] {
  return values.filter(({ field }) => fields.includes(field)).map(({ id }) => id);
}

/** The member itself, or another one of its golden record where its own record is gone. Throws ConfigError where there is none. */
async function liveMember(knex: Knex, { entity, entityId }: MatchedKind, member: Member): Promise<Member> {
  const mates = member.golden === null ? [] : await membersOfGolden(knex, entityId, member.golden);
  const found = [member, ...mates].find((m) => m.state === 'live' && m.golden !== null);
  if (found) return found;
  throw new ConfigError({
    code: 'MEMBER_UNKNOWN',
    place: { path: `${member.source}:${member.key}` },
    message:
      member.state === 'new'
        ? 'This record was not compared with others yet, so no value can be set for it.'
        : 'No system has this record anymore, so no value can be set for it.',
    hint:
      member.state === 'new'
        ? `To compare it now, run interlocal identity compare ${entity.entity}.`
        : `To see its history, run interlocal explain ${entity.entity} ${member.source}:${member.key}.`,
  });
}

/** The values as columns, each checked by its type. Throws ConfigError with every problem. */
function columnsOfValues(
  { project }: Engine,
  { entity }: MatchedKind,
  values: ReadonlyMap<string, string>,
): Map<string, Record<string, string | number | null>> {
  const problems: Problem[] = [];
  const keys = matchingOf(entity)?.keys;
  const finders = new Map(
    Object.entries(entity.fields).flatMap(([reference, { by }]) => (by ?? []).map((name) => [name, reference] as const)),
  );
  const settable = Object.keys(entity.fields).filter(
    (name) =>
      !finders.has(name) &&
      entity.fields[name]!.type !== 'reference' &&
      name !== keys?.source &&
      name !== keys?.key &&
      name !== entity.survivorship.latest_by,
  );
  const complain = (field: string, message: string, hint?: string): void =>
    void problems.push({ code: 'STEWARD_VALUE_WRONG', place: { path: `${entity.entity}.${field}` }, message, hint });
  const columns = new Map<string, Record<string, string | number | null>>();
  for (const [name, text] of values) {
    const reference = finders.get(name);
    if (reference !== undefined && name !== keys?.source && name !== keys?.key) {
      complain(
        name,
        `${name} cannot be set by hand, because Interlocal uses it to find the record that ${reference} refers to. Nothing was set.`,
        'Correct it in the system that the record comes from.',
      );
      continue;
    }
    if (!settable.includes(name)) {
      complain(
        name,
        `${entity.entity} has no field "${name}" that can be set by hand. Nothing was set.`,
        `Fields: ${settable.join(', ')}.`,
      );
      continue;
    }
    const field = entity.fields[name]!;
    const { currency, time_zone: timeZone } = project.config.town;
    const value = constantOf(text, field, currency, { currency, timeZone, lookups: new Map() }, (message, hint) =>
      complain(name, message, hint),
    );
    columns.set(
      name,
      Object.fromEntries(
        columnsOfField(name, field.type).map((column, i) => [
          column.name,
          i === 0 || value === null ? value : field.type === 'money' ? currency : text,
        ]),
      ),
    );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return columns;
}
