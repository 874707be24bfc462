import type { Knex } from '../open.ts';
import type { Said } from './carry.ts';
import type { Carried } from './outbox.ts';

/** A correction that the target took, and what its record said when the pipeline last looked. */
export interface TakenCorrection {
  /** The record of the target: its connection and its number there. */
  member: number;
  source: string;
  number: string;
  /** The run that queued it. */
  run: number;
  /** When the target took it, UTC. */
  at: string;
  carried: Carried;
  said: Record<string, Said>;
  /** When the run began that landed what the record says, UTC. */
  readAt: string;
}

type Row = Record<'id' | 'member_id' | 'run_id', number | string> &
  Record<'source' | 'member_key' | 'changed_at' | 'carried' | 'said' | 'started_at', string>;

const PAGE = 1000;

/** Corrections of records that the target still has, and that it said it took, or got as a file: the newest first. */
export async function* takenCorrections(knex: Knex, pipeline: string): AsyncGenerator<TakenCorrection> {
  for (let below: number | undefined; ;) {
    const rows = (await knex('il_outbox as o')
      .join('il_member as m', 'm.id', 'o.member_id')
      .join('il_carry as c', (on) => {
        void on.on('c.member_id', 'o.member_id').andOn('c.pipeline', 'o.pipeline');
      })
      .join('il_landed as d', 'd.id', 'c.landed_id')
      .join('il_run as r', 'r.id', 'd.run_id')
      .where({ 'o.pipeline': pipeline, 'm.state': 'live' })
      .whereIn('o.state', ['sent', 'acknowledged', 'accepted'])
      .whereNotNull('o.carried')
      .modify((query) => void (below !== undefined && query.where('o.id', '<', below)))
      .orderBy('o.id', 'desc')
      .limit(PAGE)
      .select(
        'o.id',
        'o.member_id',
        'o.run_id',
        'o.changed_at',
        'o.carried',
        'm.source',
        'm.member_key',
        'c.said',
        'r.started_at',
      )) as Row[];
    for (const row of rows)
      yield {
        member: Number(row.member_id),
        source: row.source,
        number: row.member_key,
        run: Number(row.run_id),
        at: row.changed_at,
        carried: JSON.parse(row.carried) as Carried,
        said: JSON.parse(row.said) as Record<string, Said>,
        readAt: row.started_at,
      };
    if (rows.length < PAGE) return;
    below = Number(rows.at(-1)!.id);
  }
}
