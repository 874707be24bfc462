import type { Asked } from '../recordings/asked.ts';
import type { SinkRequestCheck } from './request-check.ts';
import { counted } from '../../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import { fails, holds, holdsBut, holdsFor, type Verdict } from '../finding.ts';
import { changeAnswer } from '../recordings/answers.ts';
import { askedFor } from '../recordings/sink-exchanges.ts';
import { valueAt } from '../../../core/record.ts';
import { saidOf } from '../reading.ts';
import type { Behavior, Reply } from '../request/replay-server.ts';
import { CANARY, secretsAbsent } from '../secrets.ts';
import { SINK_INTERRUPTED } from './interrupted-checks.ts';
import { counts, differsFromAnswers } from './outcome.ts';
import type { RequestBench, SinkRequestContext } from './request-context.ts';
import { forgetSent } from '../../../store/scratch.ts';

/** What must be true of how records are asked for at a service, against a server that answers as recorded. */
export const REQUEST_PUSH: readonly SinkRequestCheck[] = [
  { check: 'requested', title: 'Each request is sent as recorded, and its answer is understood', run: requested },
  { check: 'sent_again', title: 'A repeated request is the same, with the same key', run: sentAgain },
  ...SINK_INTERRUPTED,
  { check: 'busy', title: 'A service that is busy is asked again', run: busy },
  { check: 'refused_alone', title: 'Only the record that is refused is rejected', run: refusedAlone },
  { check: 'unknown_answer', title: 'An unknown answer is not taken for success', run: unknownAnswer },
  { check: 'password', title: 'A wrong password stops the run and loses nothing', run: password },
  { check: 'session_ended', title: 'A session that expires during a run is reopened once', run: sessionEnded },
  { check: 'undeclared_host', title: 'A redirect to another host is refused', run: undeclaredHost },
  { check: 'secrets', title: 'No secret reaches messages, the store or an address', run: secrets },
];

async function queued(context: SinkRequestContext, bench: RequestBench): Promise<void> {
  await bench.queue(context.fixture.records);
}

async function requested(context: SinkRequestContext): Promise<Verdict> {
  const { server, sink, fixture } = context;
  return context.onBench(async (bench) => {
    await queued(context, bench);
    const refused = (await bench.rows()).find((row) => row.state === 'refused');
    if (refused)
      return fails(
        `A recorded record cannot be asked for: ${saidOf(refused.problems)}`,
        'Correct the sink in the connector, or records.json if that is wrong.',
      );
    const { problems } = await bench.run();
    if (server.unanswered.length)
      return fails(
        `The connector asks for something that is not recorded: ${server.unanswered[0]}.`,
        'Correct target.request, or record that exchange too; "*" in a recorded value stands for any.',
      );
    const result = await bench.became();
    const stopped = Object.values(result).some(({ state }) => state === 'queued' || state === 'sending');
    if (stopped && problems.length)
      return fails(`The run stopped: ${saidOf(problems)}`, 'Correct the connector as the message says, then certify again.');
    const wrong = differsFromAnswers(sink, result, fixture.answers[0]);
    if (wrong.length)
      return fails(
        `${wrong.slice(0, 3).join('; ')}.`,
        'Correct acknowledgment and error_handler; or say in answers.json which records the system rejected.',
      );
    if (problems.length) return fails(saidOf(problems), 'Correct the connector as the message says, then certify again.');
    const never = server.neverAsked();
    if (never.length)
      return fails(
        `Exchange ${never.join(', ')} of exchanges.json is never requested.`,
        'Remove the exchange from exchanges.json, or check whether a record in records.json should cause it.',
      );
    return holds(`${counted(context.writes().length, 'request')} for ${counted(fixture.records.length, 'record')}: ${counts(result)}.`);
  });
}

async function sentAgain(context: SinkRequestContext): Promise<Verdict> {
  const { sink, fixture } = context;
  const target = sink.target.request!;
  return context.onBench(async (bench) => {
    await queued(context, bench);
    await bench.run();
    const first = context.writes();
    await forgetSent(bench.knex);
    await queued(context, bench);
    await bench.run();
    const second = context.writes();
    const at = first.findIndex((asked, i) => !second[i] || context.signature(asked) !== context.signature(second[i]));
    const changed = at < 0 ? undefined : whatDiffers(first[at]!, second[at]);
    if (target.idempotent) {
      if (changed)
        return fails(
          `Sent again, ${changed} differs: the system cannot know that it is the same request.`,
          'Leave {{ sequence }} and {{ date }} out of what is asked, or say idempotent: false.',
        );
      const keyed = first.every((asked, i) => isKeyed(context, asked, i));
      return keyed
        ? holds(`${counted(first.length, 'request')} asked again: the same, and each identifies its record.`)
        : fails(
            `idempotent: true, but the request contains neither {{ idempotency_key }} nor ${sink.idempotency_key.join(', ')}.`,
            'Send the key that the system recognizes a request by, or say idempotent: false.',
          );
    }
    return changed
      ? holdsBut(`Sent again, ${changed} differs.`, 'That is fine if the system numbers what it receives.')
      : holds(`${counted(first.length, 'request')} asked again: the same ${fixture.records.length > 1 ? 'ones' : 'one'}.`);
  });
}

function whatDiffers(a: Asked, b: Asked | undefined): string {
  if (!b) return 'nothing was asked, and so the request';
  if (a.path !== b.path) return `the path (${b.path})`;
  if (!isDeepStrictEqual(a.query, b.query)) return 'the query';
  return a.text === b.text || a.operation !== undefined ? 'a header or a parameter' : 'the body';
}

/** Is there something in it that tells the record from others? */
function isKeyed({ sink, fixture }: SinkRequestContext, asked: Asked, nth: number): boolean {
  const everything = JSON.stringify([decodeURIComponent(asked.path), asked.query, asked.headers, asked.header, asked.body ?? asked.text]);
  if (/[0-9a-f]{32}/.test(everything)) return true;
  const values = sink.idempotency_key.map((field) => valueAt(fixture.records[nth] ?? fixture.records[0]!, field));
  return values.every((value) => typeof value === 'string' && everything.includes(JSON.stringify(value).slice(1, -1)));
}

/** As recorded, in the end. */
async function asRecorded(context: SinkRequestContext, bench: RequestBench): Promise<string | undefined> {
  const wrong = differsFromAnswers(context.sink, await bench.became(), context.fixture.answers[0]);
  return wrong[0];
}

async function busy(context: SinkRequestContext): Promise<Verdict> {
  const turnedAway = new Set<string>();
  const behavior: Behavior = (asked) => {
    if (askedFor(context.sink, asked) !== 'write' || turnedAway.has(context.signature(asked))) return undefined;
    turnedAway.add(context.signature(asked));
    return { status: 503, headers: { 'retry-after': '0' }, body: 'busy' };
  };
  return context.onBench(
    async (bench) => {
      await queued(context, bench);
      await bench.runAll(behavior);
      const wrong = await asRecorded(context, bench);
      return wrong
        ? fails(`Each request answered with 503 once: ${wrong}.`, 'Check error_handler.rules: busy means neither answered nor failed.')
        : holdsFor(
            turnedAway.size,
            `${counted(turnedAway.size, 'request')} answered with 503 and Retry-After, then taken.`,
            'no request was made that could have been turned away',
          );
    },
    { error_handler: context.sink.error_handler },
  );
}

const NO = 'The certificate wants this refused';

async function refusedAlone(context: SinkRequestContext): Promise<Verdict> {
  const { sink } = context;
  let first: string | undefined;
  const behavior: Behavior = (asked) => {
    if (askedFor(sink, asked) !== 'write' || context.signature(asked) !== (first ??= context.signature(asked))) return undefined;
    return context.soap
      ? fault(context, 'Client', NO)
      : { status: 422, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ error: NO }) };
  };
  return context.onBench(async (bench) => {
    await queued(context, bench);
    const before = await plainStates(context);
    await bench.runAll(behavior);
    const result = await bench.became();
    const rejected = Object.entries(result).filter(([, { why }]) => why.includes(NO));
    const how = context.soap ? 'a fault inside 200' : '422';
    if (rejected.length === 0 || rejected.some(([, { state }]) => state !== 'rejected'))
      return fails(
        `Answered with ${how}, the first record is ${Object.values(result)[0]?.state}${Object.values(result)[0]?.why ? ` (${Object.values(result)[0]!.why})` : ''}.`,
        'Check error_handler.rules: a refusal must not be taken for acceptance.',
      );
    const others = Object.entries(result).filter(([key, { state, why }]) => !why.includes(NO) && state !== before[key]);
    if (others.length)
      return fails(`The record ${others[0]![0]} became ${others[0]![1].state} because another was refused.`, 'Check error_handler.rules.');
    const rest = Object.keys(result).length - rejected.length;
    return holds(`${how}: ${counted(rejected.length, 'record')} of one request rejected with its words, ${rest} as recorded.`);
  });
}

/** What an undisturbed run makes of the records. */
async function plainStates(context: SinkRequestContext): Promise<Record<string, string>> {
  let plain: Record<string, string> = {};
  await context.onBench(async (bench) => {
    await queued(context, bench);
    await bench.runAll();
    plain = await bench.states();
    return undefined;
  });
  return plain;
}

export function fault(context: SinkRequestContext, code: string, text: string, status = 200): Reply {
  const version =
    context.connector.transport_options['version'] === '1.2'
      ? 'http://www.w3.org/2003/05/soap-envelope'
      : 'http://schemas.xmlsoap.org/soap/envelope/';
  const body = `<s:Envelope xmlns:s="${version}"><s:Body><s:Fault><faultcode>s:${code}</faultcode><faultstring>${text}</faultstring></s:Fault></s:Body></s:Envelope>`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

async function unknownAnswer(context: SinkRequestContext): Promise<Verdict> {
  const response = context.sink.acknowledgment?.response;
  if (!response) return undefined;
  const { path: list = '', result = '' } = response.records ?? {};
  const path = response.path ?? [list, '0', result].filter((part) => part !== '').join('.');
  let changed = 0;
  const behavior: Behavior = (asked, recorded) => {
    const body =
      recorded &&
      askedFor(context.sink, asked) === 'write' &&
      changeAnswer(recorded.body.toString(), { kind: 'value', path, to: 'certify-unknown' });
    if (!body) return undefined;
    changed++;
    return { ...recorded, body };
  };
  return context.onBench(async (bench) => {
    await queued(context, bench);
    await bench.run(behavior);
    if (changed === 0) return undefined;
    const yes = Object.values(await bench.became()).filter(({ state }) => state === 'accepted' || state === 'acknowledged').length;
    const recorded = Object.keys(await bench.became()).length - changed;
    return yes > Math.max(0, recorded)
      ? fails(`${path} = "certify-unknown" was taken for accepted.`, 'Report this.')
      : holds(`${path} = "certify-unknown": ${counts(await bench.became())}.`);
  });
}

async function password(context: SinkRequestContext): Promise<Verdict> {
  const refuse: Behavior = (asked) =>
    askedFor(context.sink, asked) === 'write' ? { status: 401, headers: {}, body: 'not logged in' } : undefined;
  return context.onBench(async (bench) => {
    await queued(context, bench);
    const { problems } = await bench.run(refuse);
    const after = await bench.states();
    const lost = Object.values(after).find((state) => !['queued', 'sending'].includes(state));
    if (lost)
      return fails(
        `The service answered with 401 (not logged in), and a record became ${lost}.`,
        'Check error_handler.rules for status 401.',
      );
    if (problems.length === 0)
      return fails(
        'The service answered with 401 (not logged in), and the run did not report it.',
        'Check error_handler.rules for status 401.',
      );
    await bench.runAll();
    const wrong = await asRecorded(context, bench);
    return wrong
      ? fails(`With the right password again: ${wrong}.`, 'Report this.')
      : holds(`${problems[0]!.code}; with the right one again, everything went.`);
  });
}

async function sessionEnded(context: SinkRequestContext): Promise<Verdict> {
  const { sink, server } = context;
  if (!sink.target.request!.login) return undefined;
  const rule = sink.error_handler?.rules.find((one) => one.action === 'login');
  if (!rule)
    return holdsBut(
      'No rule says how the service reports that a session has expired.',
      'Add a rule to error_handler: { fault: session expired, action: login }.',
    );
  let ended = false;
  const behavior: Behavior = (asked) => {
    if (ended || askedFor(sink, asked) !== 'write') return undefined;
    ended = true;
    return fault(context, 'Client', rule.fault ?? 'The session has ended', rule.status?.[0] ?? 500);
  };
  return context.onBench(async (bench) => {
    await queued(context, bench);
    await bench.run(behavior);
    const logins = server.asked.filter((asked) => asked.operation?.startsWith(sink.target.request!.login!.operation)).length;
    await bench.runAll();
    const wrong = await asRecorded(context, bench);
    return wrong
      ? fails(
          `After the session had expired during a run: ${wrong}.`,
          'Check the rule with action: login in error_handler of the connector.',
        )
      : holds(`Logged in ${logins} times for ${counted(Object.keys(await bench.states()).length, 'record')}, and everything went.`);
  });
}

async function undeclaredHost(context: SinkRequestContext): Promise<Verdict> {
  const { startReplayServer } = await import('../request/replay-server.ts');
  const other = await startReplayServer({
    exchanges: context.fixture.exchanges!,
    soap: context.soap,
    variable: new Set(),
    fixturesFolder: context.fixture.folder,
  });
  try {
    const location = `${other.url.replace('127.0.0.1', 'localhost')}/elsewhere`;
    return await context.onBench(async (bench) => {
      await queued(context, bench);
      const { problems } = await bench.run(() => ({ status: 307, headers: { location }, body: '' }));
      if (other.asked.length) return fails(`${counted(other.asked.length, 'request')} went to another host.`, 'Report this.');
      const yes = Object.values(await bench.states()).find((state) => state === 'accepted' || state === 'sent');
      if (yes) return fails(`A redirect was taken for an answer: a record is ${yes}.`, 'Check error_handler.rules.');
      return holds(`${problems[0]?.code ?? 'Refused'}; nothing went to the other host.`);
    });
  } finally {
    await other.close();
  }
}

async function secrets(context: SinkRequestContext): Promise<Verdict> {
  const addresses: string[] = [];
  const repeat =
    (status: number): Behavior =>
    (asked, recorded) => {
      addresses.push(asked.path, JSON.stringify(asked.query));
      if (askedFor(context.sink, asked) !== 'write') return undefined;
      const said = `you sent ${JSON.stringify(asked.headers)} ${asked.text}`;
      if (context.soap) return status === 200 ? undefined : fault(context, 'Client', escaped(said), status);
      if (status !== 200) return { status, headers: {}, body: said };
      return recorded?.body.toString().trimStart().startsWith('{')
        ? { ...recorded, body: recorded.body.toString().replace('{', `{"certify":${JSON.stringify(said)},`) }
        : undefined;
    };
  return context.onBench(async (bench) => {
    const runs = [];
    for (const status of [422, 200, 500]) {
      await bench.forget();
      await queued(context, bench);
      runs.push(await bench.run(repeat(status)));
      const verdict = await secretsAbsent(bench, runs);
      if (verdict?.state === 'failed') return verdict;
    }
    if (addresses.some((text) => text.includes(CANARY)))
      return fails(
        'The secret is in the URL of a request, and so in the logs of every server on the way.',
        'Send it as a header, set by the connection.',
      );
    return holds('Not in messages, notes, the store or an address, also where the service repeats what it was sent.');
  });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
