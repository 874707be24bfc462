import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '../../../src/core/text/counted.ts';
import { openTown } from '../../../src/cli/town.ts';
import { monthsOf } from '../../../src/reconciliation/periods/fiscal.ts';
import { closePeriod, knownPeriod } from '../../../src/engine/periods/periods.ts';
import { decideMatch, matchByHand, matchLines } from '../../../src/engine/reconciliation/matches.ts';
import { closeEngine } from '../../../src/engine/run/open.ts';
import { inOrder } from '../../../src/engine/run/order.ts';
import { type Engine, runPipeline } from '../../../src/engine/run/run.ts';
import { periodReports } from '../../../src/reports/ledger/period-reports.ts';
import { FIRST_YEAR, type Stage } from './books.ts';
import { makeHarbor } from './harbor.ts';
import type { HarborTruth } from './making.ts';

/** Changes whenever the same seed would make another harbor. */
const HARBOR_VERSION = 3;
const HARBOR_TRUTH = 'truth.json';
const MARKER = 'sample-harbor.json';
/** What the bank sends when it is asked for its refused file again; whoever plays finance officer copies it to inbox. */
const SENT_AGAIN = 'sent-again';
const PROJECT = join(import.meta.dirname, 'project');

/** When each part is played, by the harbor's clock: what becomes known then is dated so, whenever somebody plays it. */
const PLAYED: Readonly<Record<Stage, string>> = {
  1: '2025-07-21T14:00:00Z',
  2: '2025-09-04T14:00:00Z',
  3: '2026-07-09T14:00:00Z',
  4: '2026-07-10T14:00:00Z',
};

function at(stage: Stage): Date {
  return new Date(PLAYED[stage]);
}

export interface TwoYears {
  truth: HarborTruth;
  /** It was there already, and nothing was done. */
  before: boolean;
}

/**
 * Makes the harbor's folder and plays its two years: the files of the first come and are reconciled; dana, the harbor master, prepares
 * and lee, the finance director, closes each month and the year. Then the files of the second come in two parts, the first with
 * corrections of the closed year; dana decides what waits for her, and corrections of the open year arrive. `truth.json` has what is really so. A folder that holds this harbor is left as it is. `store`: the URL of
 * another store. `say` is told what happens, `begin` that there is something to do.
 */
export async function playTwoYears(
  folder: string,
  options: { seed?: number; store?: string | undefined; say?: (text: string) => void; begin?: () => void } = {},
): Promise<TwoYears> {
  const { seed = 1, store, say = () => undefined } = options;
  const wanted = JSON.stringify({ what: 'Interlocal sample harbor', version: HARBOR_VERSION, seed });
  const marker = join(folder, MARKER);
  const truthFile = join(folder, HARBOR_TRUTH);
  if (existsSync(truthFile) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted)
    return { truth: JSON.parse(readFileSync(truthFile, 'utf8')) as HarborTruth, before: true };
  if (existsSync(folder) && !existsSync(marker))
    throw new Error(`${folder} is there already and is no sample harbor: choose another folder`);
  options.begin?.();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(marker, wanted);
  cpSync(PROJECT, folder, { recursive: true });
  for (const name of ['inbox', 'ledger', SENT_AGAIN]) mkdirSync(join(folder, name));
  if (store !== undefined)
    writeFileSync(
      join(folder, 'config/interlocal.yaml'),
      `${readFileSync(join(folder, 'config/interlocal.yaml'), 'utf8')}store: { url: '${store}' }\n`,
    );
  const { files, sentAgain, truth } = makeHarbor(seed);
  writeFileSync(join(folder, SENT_AGAIN, sentAgain.name), sentAgain.text);
  const arrive = (stage: Stage): void => {
    for (const file of files) {
      if (file.stage !== stage) continue;
      const path = join(folder, 'inbox', file.name);
      writeFileSync(path, file.text);
      // A reader waits until a file has been left alone for a while.
      const hoursAgo = new Date(at(stage).getTime() - 2 * 3_600_000);
      utimesSync(path, hoursAgo, hoursAgo);
    }
  };
  const engine = await openTown(folder);
  try {
    arrive(1);
    await runAll(engine, 1);
    say(await closeFirstYear(engine));
    arrive(2);
    await runAll(engine, 2);
    arrive(3);
    await runAll(engine, 3);
    say(await decide(engine, truth));
    arrive(4);
    await runAll(engine, 4);
  } finally {
    await closeEngine(engine);
  }
  writeFileSync(`${truthFile}.new`, `${JSON.stringify(truth, null, 1)}\n`);
  renameSync(`${truthFile}.new`, truthFile);
  return { truth, before: false };
}

/** All pipelines in their order. Throws where one does not end as it should. */
async function runAll(engine: Engine, stage: Stage): Promise<void> {
  const signal = new AbortController().signal;
  for (const id of inOrder(engine.project)) {
    const result = await runPipeline(engine, id, { signal, now: () => at(stage), began: at(stage) });
    // In the second year a file of the bank is refused: its pipeline fails, and what is held against the bank is partial.
    const good = stage === 1 ? ['succeeded'] : id === 'bank-entries' ? ['succeeded', 'failed', 'partial'] : ['succeeded', 'partial'];
    if (!good.includes(result.outcome))
      throw new Error(`The harbor's ${id} ${result.outcome}: ${result.problems.map(({ message }) => message).join(' ')}`);
  }
}

/** What waits for review is confirmed by dana; then the twelve months and the year are closed by two people. */
async function closeFirstYear(engine: Engine): Promise<string> {
  const now = at(1);
  const proposed = await confirmProposed(engine, 1, 'counted again: this is what was in the bag');
  await runAll(engine, 1);
  const year = knownPeriod(engine, FIRST_YEAR.id);
  for (const period of [...monthsOf(year, engine.project.config.town.fiscal_year_starts), year])
    for (const actor of ['dana', 'lee']) await closePeriod(engine, period, periodReports, { actor, now });
  return `Fiscal year ${FIRST_YEAR.id}: dana confirmed ${counted(proposed, 'match', 'matches')} that needed review and prepared each month; lee closed it.`;
}

async function confirmProposed(engine: Engine, stage: Stage, reason: string): Promise<number> {
  const list = await matchLines(engine, { state: 'proposed' });
  for (const { id } of list) await decideMatch(engine, id, 'confirm', reason, { actor: 'dana', now: at(stage) });
  return list.length;
}

/** Dana ties bags to credits whose number the bank could not read. */
async function decide(engine: Engine, truth: HarborTruth): Promise<string> {
  for (const { slip, bank } of truth.byHand)
    await matchByHand(
      engine,
      'slips-to-bank',
      { left: [{ connection: 'counter', key: slip }], right: [{ connection: 'bank', key: bank }] },
      'the bank confirmed by telephone that this is the bag',
      { actor: 'dana', now: at(3) },
    );
  return `dana matched ${truth.byHand.length} bags by hand; then the bank corrected them.`;
}
