import { counted } from '../../core/text/counted.ts';

import { keyOf } from '../../connector/stream/keys.ts';
import { FatalError } from '../../core/errors.ts';
import type { Values } from '../../core/record.ts';
import { appendAudit } from '../../store/ledger/audit.ts';
import { newKeys, type NewKeys, storedAfter } from '../../store/landing/record-keys.ts';
import { rekeyRejects } from '../../store/landing/rejects.ts';
import { saveKey } from '../../store/ledger/sources.ts';
import type { Knex } from '../../store/open.ts';
import { type KeyDefinition, primaryKeyOf } from './land-batch.ts';
import type { InboundRun } from '../inbound/inbound-run.ts';
import { stopIfAsked } from '../run/context.ts';

/** What giving new keys needs of a run. */
type RekeyedRun = Pick<
  InboundRun,
  'actor' | 'commit' | 'connection' | 'knex' | 'note' | 'pipeline' | 'progress' | 'signal' | 'source' | 'stream' | 'streamName'
>;

/**
 * When a stream's primary_key differs from at the last run, gives the stored records the new key, from what is stored of
 * them, in one transaction: read again under another key, each would be entered a second time. Throws FatalError
 * SOURCE_KEY_CHANGED, and changes nothing, when one of them cannot be given a key of its own (docs/adr/0014).
 */
export async function rekeyIfChanged(run: RekeyedRun): Promise<void> {
  const { source, knex } = run;
  const wanted = primaryKeyOf(run.stream);
  const text = JSON.stringify(wanted);
  if (source.key === text) return;
  if (source.key === null) await saveKey(knex, source.id, text);
  else await rekey(run, JSON.parse(source.key) as KeyDefinition, wanted);
  source.key = text;
}

async function rekey(run: RekeyedRun, former: KeyDefinition, wanted: KeyDefinition): Promise<void> {
  const { source } = run;
  const from = keyText(former);
  const to = keyText(wanted);
  const changed = await run.commit(async (_, trx) => {
    const keys = await newKeys(trx, source.id);
    const { records, failures } = await collect(run, trx, keys, wanted);
    if (failures.length > 0) throw refusal(run, { from, to, records, failures });
    const different = await keys.apply();
    await rekeyRejects(trx, source.id, (values) => textOf(keyOf({ values, number: 0 }, wanted.fields, wanted.mayBeEmpty)));
    await saveKey(trx, source.id, JSON.stringify(wanted));
    if (different > 0)
      await appendAudit(trx, {
        actor: run.actor,
        action: 'records_rekeyed',
        subject: run.pipeline.pipeline,
        detail: { from, to, records: different },
      });
    return different;
  });
  if (changed > 0)
    run.note(
      `The key of ${run.streamName} was ${from} and is now ${to}: ${counted(changed, 'stored record')} got the new key, nothing else of ${changed === 1 ? 'it' : 'them'} changed.`,
    );
}

/** Why a stored record cannot be given the new key. */
interface Failure {
  key: string;
  why: string;
}

async function collect(
  run: RekeyedRun,
  trx: Knex,
  keys: NewKeys,
  { fields, number, mayBeEmpty }: KeyDefinition,
): Promise<{ records: number; failures: Failure[] }> {
  const failures: Failure[] = [];
  let records = 0;
  for (let after = ''; ;) {
    stopIfAsked(run);
    const stored = await storedAfter(trx, run.source.id, after, PAGE);
    if (stored.length === 0) return { records, failures };
    after = stored.at(-1)!.key;
    records += stored.length;
    for (const { key: former, values } of stored) {
      const key = keyOf({ values: values as Values, number: 0 }, fields, mayBeEmpty);
      if (typeof key !== 'string') failures.push({ key: former, why: `"${key.place.path}" is not stored for it, or is empty` });
      else if (!(await added(keys, former, key, number))) failures.push({ key: former, why: 'another stored record has the same new key' });
    }
    run.progress({ what: 'giving new keys', done: records });
  }
}

/** Gives a record its new key; one that another has already is numbered where the stream numbers repeats. false: it is taken. */
async function added(keys: NewKeys, former: string, key: string, number: boolean): Promise<boolean> {
  if ((await keys.add(former, key)) === undefined) return true;
  for (let n = 2; number && n <= MAX_REPEATS; n++) if ((await keys.add(former, `${key}#${n}`)) === undefined) return true;
  return false;
}

const MAX_REPEATS = 10_000;
const PAGE = 1000;

function refusal(
  run: RekeyedRun,
  { from, to, records, failures }: { from: string; to: string; records: number; failures: readonly Failure[] },
): FatalError {
  const [first] = failures;
  return new FatalError({
    code: 'SOURCE_KEY_CHANGED',
    place: { system: run.connection, key: first!.key },
    message: `The key of ${run.streamName} was ${from} and is now ${to}, but ${failures.length} of ${counted(records, 'stored record')} cannot get the new key: ${first!.why}. Under a new key they would be stored a second time, so nothing was read and nothing was changed.`,
    hint: `Restore the former primary_key (${from}), or choose a key that every stored record has and no two share. If a field is not stored yet, run once with the former key first.`,
  });
}

function keyText({ fields, number, mayBeEmpty }: KeyDefinition): string {
  const more = [...(number ? ['repeats: number'] : []), ...(mayBeEmpty ? [`may_be_empty: [${mayBeEmpty.join(', ')}]`] : [])];
  return `[${fields.join(', ')}]${more.length ? ` with ${more.join(' and ')}` : ''}`;
}

function textOf(key: ReturnType<typeof keyOf>): string | undefined {
  return typeof key === 'string' ? key : undefined;
}
