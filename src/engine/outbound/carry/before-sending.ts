import { changeDelivery, type Delivery } from '../../../store/outbound/deliveries.ts';
import { identityStore } from '../../../store/identity/identity.ts';
import type { Landing } from '../../../store/landing/landing.ts';
import type { Knex } from '../../../store/open.ts';
import { changeOutbox, listOutbox, type OutboxRow } from '../../../store/outbound/outbox.ts';
import type { OutboundRun } from '../outbound-run.ts';
import { record } from '../record.ts';

/**
 * Of rows that are about to be sent, those whose record still belongs to the golden record that they were made from, in the transaction
 * that notes that they are sent. A clerk may have merged people or taken them apart since the last look.
 */
export async function stillRight(
  run: Pick<OutboundRun, 'config' | 'entityId'>,
  landing: Landing,
  trx: Knex,
  rows: readonly OutboxRow[],
): Promise<OutboxRow[]> {
  const store = identityStore(landing.rows, run.entityId);
  const ids = rows.map((row) => row.member ?? row.golden);
  const members = new Map((await store.byId(ids)).map((m) => [m.id, m]));
  const now = new Map((await listOutbox(trx, { ids: rows.map((row) => row.id) })).map((row) => [row.id, row]));
  const there = new Set<number>();
  for (const m of await store.ofGoldens(rows.filter((row) => row.carried?.create).map((row) => row.golden)))
    if (m.state === 'live' && m.source === run.config.connection) there.add(m.golden!);
  return rows.filter((row) => {
    const member = members.get(row.member ?? row.golden);
    const current = now.get(row.id);
    if (current?.state !== 'queued' || current.hash !== row.hash) return false;
    if (row.carried?.create) return member?.golden === row.golden && !there.has(row.golden);
    return member?.state === 'live' && member.golden === row.golden;
  });
}

/** A delivery of which nothing is there yet is given up, and its rows wait again. */
export async function release(run: Pick<OutboundRun, 'commit'>, delivery: Delivery, rows: readonly OutboxRow[]): Promise<void> {
  await record(run, async (trx) => {
    await changeOutbox(
      trx,
      rows.map((row) => row.id),
      { state: 'queued', delivery: null },
    );
    await changeDelivery(trx, delivery, { state: 'withdrawn' });
  });
}
