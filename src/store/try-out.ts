import { dialectOf, type TryOut } from './dialect.ts';
import { landingOf, type OpenLanding } from './landing/landing.ts';
import { type Knex, openKnex } from './open.ts';

/** A store to try something on, of which nothing stays. */
export interface Trial {
  knex: Knex;
  /** Where all of it is one transaction: what takes the place of every transaction that the work would open. */
  held?: OpenLanding;
}

/** Runs `work` on what the store is now; whatever it writes is gone afterwards. `folder`: for a copy, where one is made. */
export async function tryOut<T>(knex: Knex, folder: string, work: (trial: Trial) => Promise<T>): Promise<T> {
  const trial = async ({ knex: on, trx }: TryOut): Promise<T> => {
    if (!trx) return work({ knex: on });
    return work({ knex: on, held: { landing: await landingOf(trx), trx, commit: async () => {}, rollback: async () => {} } });
  };
  return dialectOf(knex).tryOut(knex, folder, trial, openKnex);
}
