import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { resolveSecrets } from '../../src/config/secrets/secrets.ts';
import { appendAudit, listAudit, verifyAudit } from '../../src/store/ledger/audit.ts';
import type { Knex } from '../../src/store/open.ts';
import type { StoreUnderTest } from './stores.ts';
import type { OpenStore } from './test-store.ts';

/** Who did what, in a log that only grows. */
export function testAudit(now: () => OpenStore, kind: StoreUnderTest): void {
  let knex: Knex;
  beforeEach(() => void (knex = now().knex));
  const put = (on: Knex, subject: string, detail: Record<string, unknown> = {}): Promise<void> =>
    appendAudit(on, { actor: 'ann', action: 'legacy_allowed', subject, detail });
  /** As somebody would who has the file, and no scruples. */
  const tamper = async (sql: string): Promise<void> => {
    for (const change of ['update', 'delete']) await kind.dropTrigger(knex, `il_audit_no_${change}`, 'il_audit');
    await knex.raw(sql);
  };

  describe('audit', () => {
    test('entries are listed in their order, by action, subject and day', async () => {
      await put(knex, 'finance', { allowed: ['tls1.0'] });
      await appendAudit(knex, { actor: 'schedule', action: 'host_key_refused', subject: 'bank' });
      await put(knex, 'clerk');
      const subjects = async (filter: object): Promise<string[]> =>
        (await listAudit(knex, { limit: 100, ...filter })).map((entry) => entry.subject);
      expect(await subjects({})).toEqual(['finance', 'bank', 'clerk']);
      expect(await subjects({ limit: 2 })).toEqual(['bank', 'clerk']);
      expect(await subjects({ action: 'legacy_allowed' })).toEqual(['finance', 'clerk']);
      expect(await subjects({ subject: 'bank' })).toEqual(['bank']);
      expect(await subjects({ since: '2999-01-01' })).toEqual([]);
      expect((await listAudit(knex, { limit: 1, subject: 'finance' }))[0]).toMatchObject({
        id: 1,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        actor: 'ann',
        detail: { allowed: ['tls1.0'] },
      });
    });

    test('no entry can be changed or taken away', async () => {
      await put(knex, 'finance');
      await expect(knex('il_audit').update({ actor: 'nobody' })).rejects.toThrow(/only grows/);
      await expect(knex('il_audit').delete()).rejects.toThrow(/only grows/);
      expect(await verifyAudit(knex)).toMatchObject({ entries: 1, broken: null });
    });

    test.each([
      ['changed', "UPDATE il_audit SET actor = 'nobody' WHERE id = 2", 2],
      ['taken out of the middle', 'DELETE FROM il_audit WHERE id = 2', 2],
      ['cut off at the end', 'DELETE FROM il_audit WHERE id = 3', 3],
      ['put in', "INSERT INTO il_audit SELECT 4, at, actor, action, 'other', detail, hash FROM il_audit WHERE id = 3", 4],
    ])('an entry that was %s in the file anyway is found', async (_how, sql, broken) => {
      for (const subject of ['a', 'b', 'c']) await put(knex, subject);
      expect(await verifyAudit(knex)).toMatchObject({ entries: 3, broken: null, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
      await tamper(sql);
      expect((await verifyAudit(knex)).broken).toBe(broken);
    });

    test('an entry is there only when what it tells of is: it goes with the transaction', async () => {
      await put(knex, 'a');
      await expect(
        knex.transaction(async (trx) => {
          await put(trx, 'b');
          throw new Error('rolled back');
        }),
      ).rejects.toThrow('rolled back');
      await knex.transaction(async (trx) => put(trx, 'c'));
      expect((await listAudit(knex, { limit: 10 })).map((entry) => [entry.id, entry.subject])).toEqual([
        [1, 'a'],
        [2, 'c'],
      ]);
      expect((await verifyAudit(knex)).broken).toBeNull();
    });

    test('processes that write at once make one chain', async () => {
      const worker = fileURLToPath(new URL('audit-in-process.ts', import.meta.url));
      const run = promisify(execFile);
      await Promise.all([1, 2, 3].map(() => run(process.execPath, [worker, now().store.url, '/'])));
      expect(await verifyAudit(knex)).toMatchObject({ entries: 30, broken: null });
    });

    test('a secret that this process knows does not get into it, whatever the message says', async () => {
      resolveSecrets({ password: '${env:PW}' }, { connection: 'bank', folder: '/', env: { PW: 'canary-in-audit-91' } });
      await put(knex, 'bank', { said: ['the password canary-in-audit-91 is wrong'] });
      expect(JSON.stringify(await knex('il_audit'))).not.toContain('canary-in-audit');
      expect((await verifyAudit(knex)).broken).toBeNull();
    });
  });
}
