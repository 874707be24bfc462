import { appendAudit } from '../../src/store/ledger/audit.ts';
import { openKnex } from '../../src/store/open.ts';

/** Writes ten entries into the store that the arguments name, as one of several processes. */
const [url = '', folder = ''] = process.argv.slice(2);
const knex = await openKnex(url, folder);
for (let i = 0; i < 10; i++) await appendAudit(knex, { actor: 'ann', action: 'config_changed', subject: `${process.pid}-${i}` });
await knex.destroy();
