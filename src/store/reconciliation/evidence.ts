import type { MatchSide } from './matches.ts';
import type { Knex } from '../open.ts';

/** A match in force that a record is in, by keys or by passes. */
export interface EvidenceMatch {
  match: number;
  pipeline: string;
  /** The side that the record is on. */
  side: MatchSide;
  state: 'confirmed' | 'proposed' | 'contested';
  /** `keys`, or the name of the pass; `person`: a person made or confirmed it. */
  rule: string;
  /** The version of the record that was looked at. */
  version: number;
}

/** The matches that one record is in. */
export async function matchesOfGolden(knex: Knex, entityId: number, golden: number): Promise<EvidenceMatch[]> {
  const rows = (await knex('il_match_record as r')
    .join('il_match as m', 'm.id', 'r.match_id')
    .where({ 'r.entity_id': entityId, 'r.golden_id': golden })
    .orderBy(['m.pipeline', 'm.id'])
    .select('m.id', 'm.pipeline', 'm.state', 'm.rule', 'm.key', 'm.made_by', 'm.content_id', 'r.side', 'r.version')) as Record<
    string,
    unknown
  >[];
  return rows.map((row) => ({
    match: Number(row.id),
    pipeline: row.pipeline as string,
    side: row.side as MatchSide,
    state: row.state as EvidenceMatch['state'],
    rule: row.content_id === null ? 'keys' : row.made_by === 'person' ? 'person' : (row.key as string),
    version: Number(row.version),
  }));
}

/** One record of a confirmed match, with the version that was looked at. */
export interface MatchedGolden {
  match: number;
  golden: number;
  version: number;
}

/** All records on one side of the confirmed matches of a reconciliation. */
export async function confirmedRecords(knex: Knex, pipeline: string, side: MatchSide): Promise<MatchedGolden[]> {
  const rows = (await knex('il_match_record as r')
    .join('il_match as m', 'm.id', 'r.match_id')
    .where({ 'm.pipeline': pipeline, 'm.state': 'confirmed', 'r.side': side })
    .orderBy(['r.match_id', 'r.golden_id'])
    .select('r.match_id', 'r.golden_id', 'r.version')) as { match_id: number; golden_id: number; version: number }[];
  return rows.map((row) => ({ match: Number(row.match_id), golden: Number(row.golden_id), version: Number(row.version) }));
}

/** Exceptions that a record is in and that new data has not closed. */
export async function exceptionsOfGolden(
  knex: Knex,
  entityId: number,
  golden: number,
): Promise<{ id: string; pipeline: string; type: string; state: string }[]> {
  return (await knex('il_exception_record as r')
    .join('il_exception as e', 'e.id', 'r.exception_id')
    .where({ 'r.entity_id': entityId, 'r.golden_id': golden })
    .whereNot('e.state', 'closed')
    .orderBy('e.id')
    .select('e.id', 'e.pipeline', 'e.type', 'e.state')) as { id: string; pipeline: string; type: string; state: string }[];
}

/** Numbers of receipts with what is known of each; all of them, voided ones too. */
export async function receiptNumbers(
  knex: Knex,
  entity: string,
  columns: readonly string[],
): Promise<Record<string, string | number | null>[]> {
  return (await knex(entity)
    .whereNotNull('receipt_number')
    .orderBy('_id')
    .select('_id', ...columns)) as Record<string, string | number | null>[];
}

/** Keys of open rejects, with the connection of each. */
export async function openRejectKeys(knex: Knex): Promise<{ connection: string; key: string; id: number }[]> {
  const rows = (await knex('il_reject as r')
    .join('il_source as s', 's.id', 'r.source_id')
    .where({ 'r.state': 'open' })
    .orderBy('r.id')
    .select('s.connection', 'r.reject_key', 'r.id')) as { connection: string; reject_key: string; id: number }[];
  return rows.map((row) => ({ connection: row.connection, key: row.reject_key, id: Number(row.id) }));
}

/** One record of a match in force, whatever its state. */
export interface MatchMember extends MatchedGolden {
  side: MatchSide;
  state: EvidenceMatch['state'];
  /** As in EvidenceMatch. */
  rule: string;
}

/** All records of all matches in force of a reconciliation. */
export async function membersOfMatches(knex: Knex, pipeline: string): Promise<MatchMember[]> {
  const rows = (await knex('il_match_record as r')
    .join('il_match as m', 'm.id', 'r.match_id')
    .where({ 'm.pipeline': pipeline })
    .orderBy(['r.match_id', 'r.side', 'r.golden_id'])
    .select('r.match_id', 'r.golden_id', 'r.version', 'r.side', 'm.state', 'm.key', 'm.made_by', 'm.content_id')) as Record<
    string,
    unknown
  >[];
  return rows.map((row) => ({
    match: Number(row.match_id),
    golden: Number(row.golden_id),
    version: Number(row.version),
    side: row.side as MatchSide,
    state: row.state as EvidenceMatch['state'],
    rule: row.content_id === null ? 'keys' : row.made_by === 'person' ? 'person' : (row.key as string),
  }));
}

/** The records of exceptions of a reconciliation that new data has not closed; those about money first. */
export async function membersOfExceptions(
  knex: Knex,
  pipeline: string,
): Promise<{ id: string; side: MatchSide; golden: number; about: 'money' | 'finding' }[]> {
  const rows = (await knex('il_exception_record as r')
    .join('il_exception as e', 'e.id', 'r.exception_id')
    .where({ 'e.pipeline': pipeline })
    .whereNot('e.state', 'closed')
    .orderBy(['e.id', 'r.side', 'r.record'])
    .select('e.id', 'e.about', 'r.side', 'r.golden_id')) as { id: string; about: string | null; side: MatchSide; golden_id: number }[];
  return rows
    .map((row) => ({
      id: row.id,
      side: row.side,
      golden: Number(row.golden_id),
      about: row.about === 'finding' ? ('finding' as const) : ('money' as const),
    }))
    .sort((a, b) => (a.about === b.about ? 0 : a.about === 'money' ? -1 : 1));
}
