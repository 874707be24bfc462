import { takeLock } from '../../src/store/locks.ts';
import { openKnex } from '../../src/store/open.ts';

/** A process that takes a lock of the store that the arguments name, says so, and keeps it until it is killed. */
const [url = '', folder = '', name = ''] = process.argv.slice(2);
const lock = await takeLock(await openKnex(url, folder), name);
process.stdout.write('release' in lock ? 'taken' : 'refused');
setInterval(() => {}, 60_000);
