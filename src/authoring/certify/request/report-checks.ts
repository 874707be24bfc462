import type { RequestCheck } from './request-check.ts';
import { counted } from '../../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import { fails, holds, holdsBut, type Verdict } from '../finding.ts';
import { changeAnswer } from '../recordings/answers.ts';
import { stepOf } from '../recordings/steps.ts';
import type { Bench } from '../bench.ts';
import { changesOf } from '../file/life.ts';
import { saidOf } from '../reading.ts';
import type { Behavior, Reply } from './replay-server.ts';
import type { RequestContext } from './context.ts';
import { runNow, undisturbed } from './runs.ts';
import { listSources } from '../../../store/ledger/sources.ts';

/** What happens to a report that is ordered. */
export const REPORT_CHECKS: readonly RequestCheck[] = [
  { check: 'report_fails', title: 'A failed report is reported and ordered again', run: reportFails },
  { check: 'report_late', title: 'A report that is not ready in time is picked up by the next run', run: reportLate },
];

/** Recorded answers about how far a report is, with another status in them. */
function withStatus(context: RequestContext, status: string, seen: { changed: number; submits: number }): Behavior {
  const { stream, connector } = context;
  const path = stream.retriever.request!.report!.status;
  return (asked, recorded): Reply | undefined => {
    const step = stepOf(asked, stream, connector.streams);
    if (step === 'submit') seen.submits++;
    if (step !== 'poll' || !recorded) return undefined;
    if (path === undefined) {
      seen.changed++;
      return { ...recorded, status: Number(status) };
    }
    const body = changeAnswer(recorded.body.toString(), { kind: 'value', path, to: status });
    if (body !== undefined) seen.changed++;
    // That it says so already is as good.
    return body === undefined ? undefined : { ...recorded, body };
  };
}

async function reportFails(context: RequestContext): Promise<Verdict> {
  const report = context.stream.retriever.request!.report;
  if (!report) return undefined;
  if (report.failed.length === 0)
    return report.status === undefined
      ? undefined
      : holdsBut('No status is named for a failed report, so a failed one is waited for until report.timeout.', 'Set report.failed.');
  return context.withBench(async (bench) => {
    const seen = { changed: 0, submits: 0 };
    const run = await runNow(context, bench, withStatus(context, report.failed[0]!, seen));
    if (seen.changed === 0)
      return fails(`No recorded answer to poll has ${report.status}.`, 'Record such an answer, or correct report.status in the connector.');
    if (run.outcome !== 'failed' || !run.problems.some((p) => p.code === 'REPORT_FAILED'))
      return fails(
        `With the status ${report.failed[0]}, the run ended as ${run.outcome} (${saidOf(run.problems)}).`,
        'Check report.failed in the connector: it must name the statuses of a report that failed.',
      );
    if (await remembered(bench)) return fails('The next run asks for the failed report again.', 'Report this.');
    return endsWhole(context, bench, `REPORT_FAILED at ${report.failed[0]}; the next run ordered another.`);
  });
}

async function reportLate(context: RequestContext): Promise<Verdict> {
  const report = context.stream.retriever.request!.report;
  if (!report) return undefined;
  const pending = report.status === undefined ? ['202', '204'].find((s) => !report.done.includes(s)) : 'certify-not-yet';
  if (pending === undefined) return undefined;
  return context.withBench(async (bench) => {
    const seen = { changed: 0, submits: 0 };
    const run = await runNow(context, bench, withStatus(context, pending, seen));
    if (!run.problems.some((p) => p.code === 'REPORT_NOT_READY'))
      return fails(
        `Never ready, the run ended as ${run.outcome} (${saidOf(run.problems)}).`,
        'Check report.done and report.status in the connector.',
      );
    if (!(await remembered(bench))) return fails('The next run forgot that a report was ordered.', 'Report this.');
    const ordered = seen.submits;
    const again = { changed: 0, submits: 0 };
    const verdict = await endsWhole(context, bench, '', (asked) => {
      if (stepOf(asked, context.stream, context.connector.streams) === 'submit') again.submits++;
      return undefined;
    });
    if (verdict?.state !== 'ok') return verdict;
    const orders = ordered + again.submits;
    const wanted = await ordersOf(context);
    return orders > wanted
      ? fails(
          `${counted(orders, 'report')} ordered, where ${wanted} would be enough.`,
          'This is a bug in Interlocal: please report it with the recording.',
        )
      : holds(`REPORT_NOT_READY after ${counted(seen.changed, 'question')}; the next run fetched it, and did not order it twice.`);
  });
}

/** How many reports an undisturbed run orders: one for each partition and window. */
async function ordersOf(context: RequestContext): Promise<number> {
  await context.read();
  return context.server.asked.filter((asked) => stepOf(asked, context.stream, context.connector.streams) === 'submit').length;
}

async function endsWhole(context: RequestContext, bench: Bench, said: string, behavior?: Behavior): Promise<Verdict> {
  const run = await runNow(context, bench, behavior);
  if (run.outcome === 'failed') return fails(`The next run failed: ${saidOf(run.problems)}`, 'Check report in the connector.');
  const after = await bench.contents();
  const whole = await undisturbed(context);
  return isDeepStrictEqual(after, whole)
    ? holds(said)
    : fails(`After the next run the store differs from that of an undisturbed one (${changesOf(whole, after)}).`, 'Report this.');
}

/** Is a report ordered and not fetched? */
async function remembered(bench: Bench): Promise<boolean> {
  const [row] = await listSources(bench.knex);
  return row?.state?.includes('"report":') ?? false;
}
