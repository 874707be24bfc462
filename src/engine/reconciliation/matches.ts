import { actorOf } from '../../config/actor.ts';
import type { Project } from '../../config/project.ts';
import { ConfigError, type Problem } from '../../core/errors.ts';
import { plainMoney } from '../../core/money.ts';
import { zonedTime } from '../../core/time/zoned-time.ts';
import { matchId } from '../../reconciliation/match/match-id.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { landing } from '../../store/landing/landing.ts';
import { type MatchRecord, recordsOfMatches } from '../../store/reconciliation/matches.ts';
import type { Knex } from '../../store/open.ts';
import { confirmMatch, listPassMatches, removeMatch, type StoredPassMatch } from '../../store/reconciliation/pass-matches.ts';
import { addMatchEvent, lastMatchEvent, type MatchEvent, matchEvents } from '../../store/reconciliation/match-events.ts';
import { saveDecision } from '../../store/reconciliation/match-decisions.ts';
import { namesOfGolden, recordsAt, sourceNames } from '../../store/landing/record-names.ts';
import { type ChangedDecision, changedDecisions } from './decided-matches.ts';
import { recordNames } from './record-name.ts';
import type { Engine } from '../run/engine.ts';

/** A record of a match, by what its own system calls it. */
export interface MatchedRecord {
  entity: string;
  connection: string;
  key: string;
  /** Which of the records that a mapping made of one; empty: the only one. */
  item: string;
  /** Decimal text: "-12.50". */
  amount: string;
}

/** One match as `matches list --json` gives it, docs/json.md. */
export interface MatchLine {
  id: string;
  pipeline: string;
  /** The name of the pass; `person`: a person made it. */
  rule: string;
  state: 'proposed' | 'confirmed' | 'contested';
  by: 'rule' | 'person';
  left: MatchedRecord[];
  right: MatchedRecord[];
  left_amount: string;
  right_amount: string;
  /** Right less left. */
  difference: string;
  currency: string;
  evidence: Record<string, unknown>;
}

export interface MatchFilter {
  pipeline?: string | undefined;
  state?: 'proposed' | 'confirmed' | 'contested' | undefined;
  limit?: number | undefined;
}

/** List the matches in force, newest first. */
export async function matchLines({ project, knex }: Engine, filter: MatchFilter): Promise<MatchLine[]> {
  const list = await listPassMatches(knex, {
    ...(filter.pipeline === undefined ? {} : { pipeline: filter.pipeline }),
    ...(filter.state === undefined ? {} : { state: filter.state }),
    ...(filter.limit === undefined ? {} : { limit: filter.limit }),
  });
  return withRecords(project, knex, list);
}

/** One match with all that happened to it. Throws ConfigError MATCH_UNKNOWN. */
export async function showMatch({ project, knex }: Engine, id: string): Promise<MatchLine & { events: MatchEvent[] }> {
  const match = await known(knex, id, project);
  const [line] = await withRecords(project, knex, [match]);
  return { ...line!, events: await matchEvents(knex, match.contentId) };
}

/** A match that a person decided. `atOnce`: it is as decided now; otherwise the next run of its reconciliation makes it so. */
export interface DecidedMatch {
  contentId: string;
  pipeline: string;
  atOnce: boolean;
}

/**
 * Confirms or revokes a match; a person's word outranks every rule and is in every later run. In one transaction with its event
 * and its entry in the audit log. A match that a person decided and that no longer balances is decided again: confirmed with the
 * difference that its exception shows, or revoked. Throws ConfigError MATCH_UNKNOWN, MATCH_STATE where it is already confirmed by a
 * person, or has lost records.
 */
export async function decideMatch(
  { knex, project }: Engine,
  id: string,
  verdict: 'confirm' | 'revoke',
  reason: string,
  options: { actor?: string; now?: Date } = {},
): Promise<DecidedMatch> {
  const actor = options.actor ?? actorOf();
  const at = (options.now ?? new Date()).toISOString();
  return landing(knex, async (_, trx) => {
    const changed = await changedDecision(trx, id);
    if (changed) return decideAgain(trx, changed, verdict, { actor, at, reason });
    const match = await known(trx, id, project);
    if (verdict === 'confirm' && match.state === 'confirmed' && match.madeBy === 'person')
      throw new ConfigError({
        code: 'MATCH_STATE',
        place: { system: match.contentId },
        message: `Match ${match.contentId.slice(0, 8)} is already confirmed by a person.`,
        hint: `To see who confirmed it, run interlocal matches show ${match.contentId.slice(0, 8)}.`,
      });
    const records = await recordsOfMatches(trx, [match.id]);
    const { left, right } = await namesOf(trx, records);
    await saveDecision(trx, {
      contentId: match.contentId,
      pipeline: match.pipeline,
      verdict: verdict === 'confirm' ? 'same' : 'not_same',
      left,
      right,
      difference: match.right - match.left,
      actor,
      at,
      reason,
    });
    const action = verdict === 'confirm' ? 'confirmed' : 'revoked';
    await addMatchEvent(trx, match, {
      at,
      actor,
      action,
      detail: { reason, ...(verdict === 'revoke' ? { records: { left, right } } : {}) },
    });
    if (verdict === 'confirm') await confirmMatch(trx, match.id);
    else await removeMatch(trx, match);
    await appendAudit(trx, {
      actor,
      action: `match_${action}`,
      subject: match.pipeline,
      detail: { match: match.contentId, rule: match.rule, left: match.left, right: match.right, currency: match.currency, reason },
    });
    return { contentId: match.contentId, pipeline: match.pipeline, atOnce: verdict === 'confirm' };
  });
}

/** The match of that id that no longer balances; undefined where there is none, or where a match in force has the id. */
async function changedDecision(trx: Knex, id: string): Promise<ChangedDecision | undefined> {
  const startsWith = id.toLowerCase();
  if ((await listPassMatches(trx, { startsWith, limit: 1 })).length > 0) return undefined;
  const found = await changedDecisions(trx, startsWith);
  return found.length === 1 ? found[0] : undefined;
}

async function decideAgain(
  trx: Knex.Transaction,
  { decision, exception, difference }: ChangedDecision,
  verdict: 'confirm' | 'revoke',
  { actor, at, reason }: { actor: string; at: string; reason: string },
): Promise<DecidedMatch> {
  const { contentId, pipeline, left, right } = decision;
  if (verdict === 'confirm' && difference === undefined)
    throw new ConfigError({
      code: 'MATCH_STATE',
      place: { system: contentId },
      message: `Some records of match ${contentId.slice(0, 8)} are gone, so it cannot be confirmed again.`,
      hint: `Revoke it: interlocal matches revoke ${contentId.slice(0, 8)} --reason TEXT. Then match the records that are left by hand: interlocal matches add.`,
    });
  const action = verdict === 'confirm' ? 'confirmed' : 'revoked';
  await saveDecision(trx, {
    ...decision,
    verdict: verdict === 'confirm' ? 'same' : 'not_same',
    difference: difference ?? decision.difference,
    actor,
    at,
    reason,
  });
  await addMatchEvent(trx, decision, {
    at,
    actor,
    action,
    detail: { reason, ...(verdict === 'revoke' ? { records: { left, right } } : {}) },
  });
  await appendAudit(trx, {
    actor,
    action: `match_${action}`,
    subject: pipeline,
    detail: { match: contentId, rule: 'person', difference: difference ?? null, currency: exception.currency, reason },
  });
  return { contentId, pipeline, atOnce: false };
}

/**
 * Ties records that no rule did: the next run takes them as decided. `left` and `right` are keys as their systems have them, with
 * their connection. Throws ConfigError RECORD_UNKNOWN for what is on neither side.
 */
export async function matchByHand(
  { project, knex }: Engine,
  pipeline: string,
  sides: Record<'left' | 'right', readonly { connection: string; key: string }[]>,
  reason: string,
  options: { actor?: string; now?: Date } = {},
): Promise<string> {
  const actor = options.actor ?? actorOf();
  const at = (options.now ?? new Date()).toISOString();
  const config = project.pipelines.get(pipeline)!.value.reconcile!;
  return landing(knex, async (_, trx) => {
    const names: Record<'left' | 'right', string[]> = { left: [], right: [] };
    const sums = { left: 0, right: 0 };
    const missing: Problem[] = [];
    for (const side of ['left', 'right'] as const) {
      const { found, problems } = await recordsByName(trx, config[side].entity, config[side].amount, sides[side]);
      missing.push(...problems);
      for (const { name, minor } of found) {
        names[side].push(name);
        sums[side] += minor;
      }
    }
    if (missing.length) throw new ConfigError(missing);
    const ids = (list: readonly string[]) => list.map((id) => ({ id }));
    const contentId = matchId(pipeline, ids(names.left), ids(names.right));
    await saveDecision(trx, {
      contentId,
      pipeline,
      verdict: 'same',
      ...names,
      difference: sums.right - sums.left,
      actor,
      at,
      reason,
    });
    await addMatchEvent(trx, { contentId, pipeline }, { at, actor, action: 'confirmed', detail: { reason, by_hand: true } });
    await appendAudit(trx, {
      actor,
      action: 'match_confirmed',
      subject: pipeline,
      detail: { match: contentId, rule: 'person', ...sums, reason },
    });
    return contentId;
  });
}

async function recordsByName(
  trx: Knex,
  entity: string,
  amount: string,
  wanted: readonly { connection: string; key: string }[],
): Promise<{ found: { name: string; minor: number }[]; problems: Problem[] }> {
  const found: { name: string; minor: number }[] = [];
  const problems: Problem[] = [];
  const { nameOf } = await recordNames(trx);
  for (const { connection, key } of wanted) {
    const records = await recordsWithKey(trx, { entity, amount, connection, key });
    const [record] = records;
    if (record && records.length === 1) {
      const source = (await namesOfGolden(trx, record.entityId, [record.golden])).get(record.golden);
      found.push({ name: nameOf(source, record.golden), minor: record.minor });
    } else if (record) {
      const which = records.map(({ item, pipeline }) => `${connection}:${key}#${records.every((r) => r.item === item) ? pipeline : item}`);
      problems.push({
        code: 'RECORD_AMBIGUOUS',
        place: { system: connection },
        message: `${connection} has ${records.length} ${entity} records with the key "${key}", so it is not known which one is meant. Nothing was matched.`,
        hint: `Write the one that is meant as: ${which.join(' or ')}.`,
      });
    } else
      problems.push({
        code: 'RECORD_UNKNOWN',
        place: { system: connection },
        message: `${connection || 'No system'} has ${connection ? 'no' : 'a'} record with the key "${key}" among the ${entity} records.`,
        hint: 'Write each record as CONNECTION:KEY, such as clerk:00338. To see the keys, run interlocal exceptions show ID. Nothing was matched.',
      });
  }
  return { found, problems };
}

/** The records of this key; where there are none and it ends in #, those of the key before it with that item or pipeline. */
async function recordsWithKey(
  trx: Knex,
  at: { entity: string; amount: string; connection: string; key: string },
): ReturnType<typeof recordsAt> {
  const records = await recordsAt(trx, at);
  const mark = at.key.lastIndexOf('#');
  if (records.length || mark < 0) return records;
  const which = at.key.slice(mark + 1);
  return (await recordsAt(trx, { ...at, key: at.key.slice(0, mark) })).filter(({ item, pipeline }) => [item, pipeline].includes(which));
}

async function namesOf(knex: Knex, records: readonly MatchRecord[]): Promise<Record<'left' | 'right', string[]>> {
  const entities = new Map<number, Awaited<ReturnType<typeof sourceNames>>>();
  for (const { entityId } of records) if (!entities.has(entityId)) entities.set(entityId, await sourceNames(knex, entityId));
  const names: Record<'left' | 'right', string[]> = { left: [], right: [] };
  const { nameOf } = await recordNames(knex);
  for (const { side, entityId, golden } of records) names[side].push(nameOf(entities.get(entityId)!.get(golden), golden));
  names.left.sort();
  names.right.sort();
  return names;
}

async function withRecords(project: Project, knex: Knex, list: readonly StoredPassMatch[]): Promise<MatchLine[]> {
  const records = Map.groupBy(
    await recordsOfMatches(
      knex,
      list.map(({ id }) => id),
    ),
    ({ match }) => match,
  );
  const names = new Map<number, Awaited<ReturnType<typeof sourceNames>>>();
  for (const { entityId } of [...records.values()].flat()) if (!names.has(entityId)) names.set(entityId, await sourceNames(knex, entityId));
  return list.map((match) => {
    const sides = project.pipelines.get(match.pipeline)?.value.reconcile;
    const of = (side: 'left' | 'right'): MatchedRecord[] =>
      (records.get(match.id) ?? [])
        .filter((r) => r.side === side)
        .map(({ entityId, golden, minor }) => {
          const name = names.get(entityId)!.get(golden);
          return {
            entity: sides?.[side].entity ?? '',
            connection: name?.connection ?? '',
            key: name?.key ?? String(golden),
            item: name?.item ?? '',
            amount: plainMoney(minor, match.currency),
          };
        });
    return {
      id: match.contentId,
      pipeline: match.pipeline,
      rule: match.rule,
      state: match.state,
      by: match.madeBy,
      left: of('left'),
      right: of('right'),
      left_amount: plainMoney(match.left, match.currency),
      right_amount: plainMoney(match.right, match.currency),
      difference: plainMoney(match.right - match.left, match.currency),
      currency: match.currency,
      evidence: match.evidence,
    };
  });
}

/** By its full id or a beginning that only one match has. */
async function known(knex: Knex, id: string, { config }: Project): Promise<StoredPassMatch> {
  const list = await listPassMatches(knex, { startsWith: id.toLowerCase(), limit: 2 });
  if (list.length === 1) return list[0]!;
  const shown = JSON.stringify(id.slice(0, 60));
  const problem = (message: string, hint: string): ConfigError => new ConfigError({ code: 'MATCH_UNKNOWN', place: {}, message, hint });
  if (list.length > 0)
    throw problem(
      `Several matches begin with ${shown}.`,
      `Write more of the id: ${list.map(({ contentId }) => contentId.slice(0, Math.max(8, id.length + 4))).join(', ')}.`,
    );
  const last = await lastMatchEvent(knex, id.toLowerCase());
  if (last?.action === 'revoked')
    throw problem(
      `Match ${shown} is not in force: ${last.actor === 'run' ? 'a run' : last.actor} revoked it at ${zonedTime(last.at, config.town.time_zone)}.`,
      'To match its records again by hand, run interlocal matches add.',
    );
  throw problem(`There is no match ${shown} in force.`, 'To list the matches in force, run interlocal matches list.');
}
