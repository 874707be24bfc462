import { expect, test } from 'vitest';
import { transaction } from '../../src/store/revenue/transaction.ts';
import type { OpenStore } from './test-store.ts';

export function testTurns(current: () => OpenStore): void {
  test('many queries in a row leave requests, timers and signals their turn', async () => {
    let [turns, queries] = [0, 0];
    const timer = setInterval(() => turns++, 1);
    await transaction(current().knex, async (trx) => {
      // Until something else had its turn three times; without one this ends after a hundred thousand queries.
      while (turns < 3 && queries < 100_000) {
        await trx.raw('SELECT 1');
        queries++;
      }
    });
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
}
