import type { SinkRequestCheck } from './request-check.ts';
import { counted } from '../../../core/text/counted.ts';
import { fails, holds, holdsBut, holdsFor, NO_NOTE, type Verdict } from '../finding.ts';
import { askedFor } from '../recordings/sink-exchanges.ts';
import type { Behavior } from '../request/replay-server.ts';
import { counts, differsFromAnswers, isTaken } from './outcome.ts';
import type { RequestBench, SinkRequestContext } from './request-context.ts';

/** Answers that get lost, and runs that are killed with a request on its way. */
export const SINK_INTERRUPTED: readonly SinkRequestCheck[] = [
  { check: 'lost_answer', title: 'A request whose answer was lost is not booked twice', run: lostAnswer },
  { check: 'killed', title: 'A run killed at any moment and run again books nothing twice', run: killed },
];

async function lostAnswer(context: SinkRequestContext): Promise<Verdict> {
  const said: string[] = [];
  let remark: string | undefined;
  for (const lost of ['before', 'within'] as const) {
    let first: string | undefined;
    let asks = 0;
    const behavior: Behavior = (asked, recorded) => {
      if (askedFor(context.sink, asked) !== 'write' || context.signature(asked) !== (first ??= context.signature(asked))) return undefined;
      return ++asks === 1 ? { ...(recorded ?? { status: 200, headers: {}, body: '' }), lost } : undefined;
    };
    const verdict = await context.onBench(async (bench) => {
      await bench.queue(context.fixture.records);
      await bench.runAll(behavior);
      const { idempotent } = context.sink.target.request!;
      const back = context.sink.acknowledgment?.read_back;
      const result = await bench.became();
      if (!idempotent && asks > 1)
        return fails(`Asked ${asks} times, although the first answer was lost and the system may have booked it.`, 'Report this.');
      if (idempotent || back) {
        const wrong = differsFromAnswers(context.sink, result, context.fixture.answers[0])[0];
        if (wrong)
          return fails(
            `After a lost answer ${wrong}.`,
            back
              ? 'Check found and equal of acknowledgment.read_back in the connector.'
              : 'Check idempotent and error_handler of the sink in the connector.',
          );
        said.push(idempotent ? `asked ${asks} times with the same key` : 'looked up, and not asked again');
        return undefined;
      }
      const state = Object.values(result).find((one) => one.state === 'unknown');
      if (!state) return fails(`That the answer was lost is not reported: ${counts(result)}.`, 'Report this.');
      remark = 'It is not sent again; someone must check whether the system has it.';
      return undefined;
    });
    if (verdict) return verdict;
  }
  return remark === undefined
    ? holds(`Answer lost before its first byte, and in the middle: ${[...new Set(said)].join('; ')}.`)
    : holdsBut(
        remark,
        'Where the system recognizes a request by its key: idempotent: true; where the record can be looked up: acknowledgment.read_back.',
      );
}

/** Two records have every moment that there is. */
const RECORDS = 2;
const MAX_KILLS = 14;

async function killed(context: SinkRequestContext): Promise<Verdict> {
  const { sink, fixture, server } = context;
  const records = sink.encoder ? fixture.records : fixture.records.slice(0, RECORDS);
  const safe = sink.target.request!.idempotent || sink.acknowledgment?.read_back !== undefined;
  let commits = 0;
  let plain: Record<string, string> = {};
  /** Look-up → the request that it is about. */
  const about = new Map<string, string>();
  await context.onBench(async (bench) => {
    await bench.queue(records);
    commits = Math.min((await bench.run()).commits, MAX_KILLS);
    plain = await bench.states();
    let last = '';
    for (const asked of server.asked) {
      if (askedFor(sink, asked) === 'write') last = context.signature(asked);
      else if (askedFor(sink, asked) === 'lookup') about.set(context.signature(asked), last);
    }
    return undefined;
  });
  let unknown = 0;
  for (const how of ['before', 'after'] as const)
    for (let at = 1; at <= commits; at++) {
      const verdict = await context.onBench(async (bench) => killedAt(bench, at, how));
      if (verdict) return verdict;
    }
  const kills = counted(2 * commits, 'kill');
  return unknown
    ? holds(
        `${kills}, before and after each note in the store: nothing asked for twice; where a request was under way, it needs an answer from a person (${unknown} times).`,
      )
    : holdsFor(commits, `${kills}, before and after each note in the store: each record was booked once.`, NO_NOTE);

  async function killedAt(bench: RequestBench, at: number, how: 'before' | 'after'): Promise<Verdict> {
    const taken = new Map<string, number>();
    const behavior: Behavior = (asked) => {
      if (askedFor(sink, asked) === 'write') taken.set(context.signature(asked), (taken.get(context.signature(asked)) ?? 0) + 1);
      // A record that was not taken yet is not found, which the recording of an undisturbed run cannot say.
      const write = about.get(context.signature(asked));
      return write !== undefined && !taken.has(write) ? { status: 404, headers: {}, body: '' } : undefined;
    };
    await bench.queue(records);
    await bench.run(behavior, { cut: { at, how } });
    await bench.runAll(behavior);
    const when = `${how === 'before' ? 'just before' : 'just after'} note ${at} of ${commits}`;
    const twice = [...taken.values()].find((times) => times > 1);
    if (twice && !sink.target.request!.idempotent)
      return fails(
        `Killed ${when} and run again, one request was made ${twice} times.`,
        'This is a bug in Interlocal: please report it with the recording.',
      );
    const result = await bench.became();
    const lost = Object.values(result).filter(({ state }) => state === 'unknown').length;
    unknown += lost;
    const wrong = Object.entries(result).find(([key, { state }]) => state !== plain[key] && (safe || state !== 'unknown'));
    if (wrong)
      return fails(
        `Killed ${when} and run again, ${wrong[0]} is ${wrong[1].state}${isTaken(sink, wrong[1].state) ? '' : ` (${wrong[1].why})`}; undisturbed it is ${plain[wrong[0]]}.`,
        'Check idempotent and acknowledgment.read_back of the sink in the connector.',
      );
    return undefined;
  }
}
