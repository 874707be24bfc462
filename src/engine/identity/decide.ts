import { ConfigError } from '../../core/errors.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { decisionById, insertDecision, lastDecision, undoDecision } from '../../store/identity/decisions.ts';
import { identityStore, type Member } from '../../store/identity/identity.ts';
import { landing } from '../../store/landing/landing.ts';
import { memberByName, membersOfGolden } from '../../store/identity/members.ts';
import type { Knex } from '../../store/open.ts';
import type { Engine } from '../run/engine.ts';
import { entitiesById } from './matched.ts';
import type { MatchedKind } from './members.ts';
import { placeAgain } from './place-again.ts';

export type DecisionVerdict = 'same' | 'different' | 'later';

/** Who decides, and why. */
export interface By {
  actor: string;
  reason?: string | undefined;
  now?: () => Date;
}

/** What a decision did. */
export interface Decided {
  /** The number of the decision, for `review undo`. */
  decision: number;
  verdict: DecisionVerdict;
  a: { connection: string; source_key: string; golden_id: number };
  b: { connection: string; source_key: string; golden_id: number };
}

/**
 * Keeps what a person said about two members, by what their systems call them, and puts them again into clusters. It outranks
 * every score for ever, also after everything is imported again, until it is undone or the same pair is decided again.
 */
export async function decide(
  engine: Engine,
  kind: MatchedKind,
  pair: readonly [Member, Member],
  verdict: DecisionVerdict,
  by: By,
): Promise<Decided> {
  const [decided] = await decideAll(engine, kind, [pair], verdict, by);
  return decided!;
}

async function decideAll(
  engine: Engine,
  kind: MatchedKind,
  pairs: readonly (readonly [Member, Member])[],
  verdict: DecisionVerdict,
  by: By,
): Promise<Decided[]> {
  for (const [a, b] of pairs)
    if (a.id === b.id)
      throw new ConfigError({
        code: 'PAIR_UNKNOWN',
        place: { path: `${a.source}:${a.key}` },
        message: 'The same record was given twice; a decision is about two different records.',
        hint: 'To list the pairs that need review, with the keys of both records, run interlocal review list.',
      });
  const at = (by.now ?? (() => new Date()))().toISOString();
  return landing(
    engine.knex,
    async (held, trx) => {
      const numbers: number[] = [];
      for (const [a, b] of pairs)
        numbers.push(await insertDecision(trx, { entityId: kind.entityId, a, b, verdict, reason: by.reason ?? null, actor: by.actor, at }));
      await appendAudit(trx, {
        actor: by.actor,
        action: 'identity_decided',
        subject: kind.entity.entity,
        detail: { verdict, decisions: numbers },
      });
      if (verdict !== 'later')
        await placeAgain(
          held,
          trx,
          kind,
          pairs.flat().map((m) => m.id),
          await entitiesById({ ...engine, knex: trx }),
        );
      return Promise.all(
        pairs.map(async ([a, b], i) => ({
          decision: numbers[i]!,
          verdict,
          a: await namedNow(trx, kind, a),
          b: await namedNow(trx, kind, b),
        })),
      );
    },
    { comparing: true },
  );
}

async function namedNow(trx: Knex, { entityId }: MatchedKind, { source, key }: Member): Promise<Decided['a']> {
  const member = await memberByName(trx, entityId, { source, key });
  return { connection: source, source_key: key, golden_id: member!.golden! };
}

/** Takes a decision back: the one of this number, or the last about a pair. What the records say then counts again. */
export async function undo(
  engine: Engine,
  kind: MatchedKind,
  which: number | readonly [Member, Member],
  by: By,
): Promise<{ decision: number; verdict: DecisionVerdict }> {
  const found =
    typeof which === 'number'
      ? await decisionById(engine.knex, kind.entityId, which)
      : await lastDecision(engine.knex, kind.entityId, which);
  if (!found || found.undone)
    throw new ConfigError({
      code: 'DECISION_UNKNOWN',
      place: { path: typeof which === 'number' ? `#${which}` : which.map((m) => `${m.source}:${m.key}`).join(' ') },
      message: found ? 'This decision was already taken back.' : 'There is no such decision.',
      hint: 'To list the decisions, run interlocal review list --decided.',
    });
  const at = (by.now ?? (() => new Date()))().toISOString();
  await landing(
    engine.knex,
    async (held, trx) => {
      await undoDecision(trx, found.id, by.actor, at);
      await appendAudit(trx, {
        actor: by.actor,
        action: 'identity_undone',
        subject: kind.entity.entity,
        detail: { decision: found.id, verdict: found.verdict },
      });
      const members = await identityStore(held.rows, kind.entityId).byKey([found.a, found.b]);
      await placeAgain(
        held,
        trx,
        kind,
        members.map((m) => m.id),
        await entitiesById({ ...engine, knex: trx }),
      );
    },
    { comparing: true },
  );
  return { decision: found.id, verdict: found.verdict };
}

/** Takes a member out of its cluster: it is different from each of the others. Gives the decisions, which can be undone. */
export async function unmerge(engine: Engine, kind: MatchedKind, member: Member, by: By): Promise<Decided[]> {
  const mates = (await membersOfGolden(engine.knex, kind.entityId, member.golden ?? -1)).filter((m) => m.id !== member.id);
  if (mates.length === 0 || member.state !== 'live')
    throw new ConfigError({
      code: 'PAIR_UNKNOWN',
      place: { path: `${member.source}:${member.key}` },
      message: 'This record is linked with no other record, so there is nothing to separate.',
      hint: `To see the record, run interlocal explain ${kind.entity.entity} ${member.source}:${member.key}.`,
    });
  return decideAll(
    engine,
    kind,
    mates.map((mate) => [member, mate] as const),
    'different',
    by,
  );
}
