import { configureGlobal, readConfigureGlobal } from 'fast-check';

/**
 * Random tests begin from one seed, so that a change is what makes a test fail and not chance.
 * `TEST_SEED=random` tries another one in each run, `TEST_SEED=N` the one that a failure names.
 */
const asked = process.env.TEST_SEED ?? '20261128';
if (asked !== 'random') configureGlobal({ ...readConfigureGlobal(), seed: Number(asked) });
