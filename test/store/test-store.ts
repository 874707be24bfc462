import { afterEach, beforeEach, describe } from 'vitest';
import type { Knex } from '../../src/store/open.ts';
import type { NewStore, StoreUnderTest } from './stores.ts';
import { testAudit } from './test-audit.ts';
import { testLanding } from './test-landing.ts';
import { testLedger } from './test-ledger.ts';
import { testManyWriters } from './test-many-writers.ts';
import { testMigrations } from './test-migrations.ts';
import { testOneWriter } from './test-one-writer.ts';
import { testPlans } from './test-plans.ts';
import { testReconciliation } from './test-reconciliation.ts';
import { testTurns } from './test-turns.ts';

/** The store of the test that runs now: one that is open, and how to open it once more, as another process would. */
export interface OpenStore {
  store: NewStore;
  knex: Knex;
  /** Closed when the test is over. */
  open(): Promise<Knex>;
}

/** What every store must do, whatever database it is in. */
export function testStore(kind: StoreUnderTest): void {
  describe(kind.name, () => {
    const opened: Knex[] = [];
    let current: OpenStore;
    beforeEach(async () => {
      const store = await kind.make();
      const open = async (): Promise<Knex> => {
        const knex = await store.open();
        opened.push(knex);
        return knex;
      };
      current = { store, open, knex: await open() };
    });
    afterEach(async () => {
      for (const knex of opened.splice(0)) await knex.destroy();
      await current.store.remove();
    });
    for (const suite of [
      testMigrations,
      testLanding,
      testLedger,
      testPlans,
      testReconciliation,
      testAudit,
      testTurns,
      kind.name === 'sqlite' ? testOneWriter : testManyWriters,
    ])
      suite(() => current, kind);
  });
}
