import type { RequestCheck } from './request-check.ts';
import { counted } from '../../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import { fails, holds, holdsBut, holdsFor, NO_RECORD, type Verdict } from '../finding.ts';
import { changeAnswer } from '../recordings/answers.ts';
import { isGuessed } from '../../../connector/source/next-page.ts';
import { stepOf } from '../recordings/steps.ts';
import { DELETED, deletedRecords } from '../deleted-records.ts';
import { DECLARED, declaredFields } from '../declared-fields.ts';
import { hasAt } from '../../../core/record.ts';
import { withBomb } from '../file/text.ts';
import { changesOf } from '../file/life.ts';
import { goodOf, sameValues, saidOf } from '../reading.ts';
import { storesNothing } from '../recording-check.ts';
import type { Bench } from '../bench.ts';
import type { Reply } from './replay-server.ts';
import type { RequestContext } from './context.ts';
import { errorRules } from './rules.ts';
import { recording } from './recording.ts';
import { REPORT_CHECKS } from './report-checks.ts';
import { PARTITION_CHECKS } from './partition-checks.ts';
import { mustRefuse, runNow, sameAsRecorded, undisturbed } from './runs.ts';
import { resumeAfterKills } from '../resume.ts';
import { CANARY, secretsAbsent } from '../secrets.ts';

/** What services do, and what is done to them on the way. */
export const REQUEST_CHECKS: readonly RequestCheck[] = [
  { check: 'recording', title: 'The recording reads as recorded', run: recording },
  { ...DECLARED, run: async ({ stream, reading }) => declaredFields(stream, reading.records) },
  { ...DELETED, run: async ({ stream, reading }) => deletedRecords(stream, reading.records) },
  { check: 'read_twice', title: 'Reading twice gives every record once', run: readTwice },
  { check: 'resume', title: 'A run killed at any checkpoint resumes there', run: resume },
  { check: 'busy', title: 'A service that is busy is asked again', run: busy },
  {
    check: 'error_rules',
    title: 'Each error rule does what it says',
    run: (context) => errorRules(context, (read) => sameAsRecorded(context, read.records)),
  },
  { check: 'fault_in_200', title: 'A fault inside an answer of 200 is an error', run: faultIn200 },
  { check: 'refusal', title: 'An answer that reports an error is not taken for an empty one', run: refusal },
  { check: 'broken_answer', title: 'An answer that is cut off leaves the store unchanged', run: brokenAnswer },
  { check: 'entity_bomb', title: 'An answer that declares entities is refused at once', run: entityBomb },
  { check: 'one_or_many', title: 'A single element reads the same as several', run: oneOrMany },
  { check: 'column_added', title: 'A new field is handled as the schema says', run: fieldAdded },
  { check: 'column_renamed', title: 'A required field under another name is noticed', run: fieldRenamed },
  { check: 'control_figures', title: 'A total that does not match stops the run', run: total },
  { check: 'last_page', title: 'The last page is known to be the last', run: lastPage },
  { check: 'late_commit', title: 'A record that is entered late is still read', run: lateEntry },
  { check: 'undeclared_host', title: 'A redirect to another host is refused', run: undeclaredHost },
  ...PARTITION_CHECKS,
  ...REPORT_CHECKS,
  { check: 'secrets', title: 'No secret reaches messages or the store', run: secrets },
];

async function readTwice(context: RequestContext): Promise<Verdict> {
  return context.withBench(async (bench) => {
    const first = await runNow(context, bench);
    if (first.problems.length)
      return fails(`The run failed: ${saidOf(first.problems)}`, 'Correct the connector as the message says, then certify again.');
    const once = await bench.contents();
    const nothing = storesNothing(Object.keys(once.records).length, goodOf(context.reading).length);
    if (nothing) return nothing;
    const second = await runNow(context, bench);
    const twice = await bench.contents();
    if (!isDeepStrictEqual(once, twice))
      return fails(
        `The store differs after the second run (${changesOf(once, twice)}).`,
        'Check primary_key: together its fields must be different for each record in the system.',
      );
    const records = Object.keys(once.records).length;
    return holdsFor(
      records,
      `${counted(records, 'record')} after one run and after two, ${second.counts.unchanged} recognized as unchanged.`,
      NO_RECORD,
    );
  });
}

async function resume(context: RequestContext): Promise<Verdict> {
  const whole = await undisturbed(context);
  return resumeAfterKills({
    records: context.reading.records.length,
    good: goodOf(context.reading).length,
    whole,
    open: async () => {
      const bench = await context.bench();
      return { ...bench, run: (options) => (context.server.rewind(), bench.run(options)) };
    },
  });
}

async function busy(context: RequestContext): Promise<Verdict> {
  if (context.stream.error_handler?.max_retries === 0) return undefined;
  const turnedAway = new Set<string>();
  const read = await context.read((asked, recorded) => {
    // Not by the text: a WS-Security header has a time in it.
    const request = JSON.stringify([asked.path, asked.query, asked.body]);
    if (turnedAway.has(request) || !recorded) return undefined;
    turnedAway.add(request);
    return { status: 503, headers: { 'retry-after': '0' }, body: 'busy' };
  });
  if (!read.refused && sameAsRecorded(context, read.records))
    return holdsFor(
      turnedAway.size,
      `${counted(turnedAway.size, 'request')} answered with 503 and Retry-After, then with the records.`,
      'no request is recorded that could have been turned away',
    );
  return fails(read.refused ? saidOf(read.refused) : 'Records are missing or duplicated.', 'Check error_handler.');
}

async function faultIn200(context: RequestContext): Promise<Verdict> {
  if (!context.soap) return undefined;
  const version =
    context.connector.transport_options['version'] === '1.2'
      ? 'http://www.w3.org/2003/05/soap-envelope'
      : 'http://schemas.xmlsoap.org/soap/envelope/';
  const fault = `<s:Envelope xmlns:s="${version}"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>The certificate wants this fault</faultstring></s:Fault></s:Body></s:Envelope>`;
  return mustRefuse(
    context,
    () => ({ status: 200, headers: { 'content-type': 'text/xml' }, body: fault }),
    'A fault inside 200',
    'SOAP_FAULT',
  );
}

async function refusal(context: RequestContext): Promise<Verdict> {
  const success = context.stream.retriever.request!.success?.[0];
  if (!success) return undefined;
  let changed = false;
  const verdict = await mustRefuse(
    context,
    (_, recorded) => {
      const answer = recorded && changeAnswer(recorded.body.toString(), { kind: 'value', path: success.path, to: 'certify-refused' });
      if (answer === undefined) return undefined;
      changed = true;
      return { ...recorded!, body: answer };
    },
    `${success.path} = certify-refused`,
    'ANSWER_REFUSED',
  );
  return changed ? verdict : undefined;
}

async function brokenAnswer(context: RequestContext): Promise<Verdict> {
  return mustRefuse(
    context,
    (_, recorded) => recorded && { ...recorded, body: Buffer.from(recorded.body).subarray(0, Math.floor(recorded.body.length * 0.7)) },
    'An answer cut after 70 %',
  );
}

async function entityBomb(context: RequestContext): Promise<Verdict> {
  if (!context.soap && !context.stream.decoder?.xml) return undefined;
  const started = performance.now();
  const read = await context.read((asked, recorded) =>
    recorded && stepOf(asked, context.stream, context.connector.streams) === 'own'
      ? { ...recorded, body: withBomb(recorded.body.toString()) }
      : undefined,
  );
  const took = Math.round(performance.now() - started);
  if (read.refused && took < 5000) return holds(`Refused in ${took} ms (${read.refused[0]!.code}).`);
  return fails(
    read.refused ? `Refused only after ${took} ms.` : 'An answer that declares entities was read.',
    'This is a bug in Interlocal: please report it with the recording.',
  );
}

/** The element or list that holds the records. */
function rowsPath({ stream }: RequestContext): string | undefined {
  return (
    stream.record_selector?.path ??
    stream.decoder?.xml?.row.replaceAll('/', '.') ??
    (stream.decoder?.json ? stream.decoder.json.rows : undefined)
  );
}

async function oneOrMany(context: RequestContext): Promise<Verdict> {
  const path = rowsPath(context);
  const first = goodOf(context.reading)[0];
  if (path === undefined || !first || context.reading.records.length < 2) return undefined;
  // One page with one record in it, and nothing next to it that would contradict it.
  const { paginator, ...others } = context.stream;
  const alone =
    paginator?.kind === 'page' || paginator?.kind === 'offset'
      ? { ...others, paginator: { ...paginator, total: undefined, more: undefined } }
      : others;
  let changed = false;
  const read = await context.read((asked, recorded) => {
    if (stepOf(asked, context.stream, context.connector.streams) !== 'own') return undefined;
    const body = recorded && changeAnswer(recorded.body.toString(), { kind: 'first_row', path });
    if (body === undefined) return undefined;
    changed = true;
    return { ...recorded!, body };
  }, alone);
  if (!changed) return undefined;
  if (!read.refused && read.records.length === 1 && sameValues(read.records[0]!.values, first.values))
    return holds('An answer with one record gives one record with the same values.');
  // Of several partitions each has its one record.
  const known = goodOf(context.reading);
  if (
    context.stream.partition &&
    !read.refused &&
    read.records.length < known.length &&
    read.records.every((r) => known.some((k) => sameValues(k.values, r.values)))
  )
    return holds('Answers with one record give one record each, with the same values.');
  return fails(
    read.refused ? saidOf(read.refused) : `An answer with one record gives ${counted(read.records.length, 'record')}, or other values.`,
    'Check record_selector.path and what the WSDL says may repeat.',
  );
}

async function fieldAdded(context: RequestContext): Promise<Verdict> {
  const path = rowsPath(context);
  if (path === undefined) return undefined;
  let changed = false;
  const read = await context.read((_, recorded) => {
    const body = recorded && changeAnswer(recorded.body.toString(), { kind: 'add_field', path, name: 'certify_new' });
    if (body === undefined) return undefined;
    changed = true;
    return { ...recorded!, body };
  });
  if (!changed) return undefined;
  const rule = context.stream.schema.drift.columns;
  if (rule === 'freeze')
    return read.refused
      ? holds('Refused, as drift.columns: freeze says.')
      : fails(
          'An answer with a new field was read, although drift.columns: freeze says that it must be refused.',
          'This is a bug in Interlocal: please report it with the recording.',
        );
  if (rule === 'quarantine_row')
    return goodOf(read).length === 0
      ? holds('Its records are rejected, as drift.columns: quarantine_row says.')
      : fails(
          'Records with a new field were read, although drift.columns: quarantine_row says that they must be rejected.',
          'This is a bug in Interlocal: please report it with the recording.',
        );
  const known = read.records.map((r) => ({
    ...r,
    values: Object.fromEntries(Object.entries(r.values).filter(([name]) => name !== 'certify_new')),
  }));
  if (read.refused || !sameAsRecorded(context, known))
    return fails(
      read.refused ? saidOf(read.refused) : 'With a new field in the answer, the values of the known fields were read differently.',
      'This is a bug in Interlocal: please report it with the recording.',
    );
  return read.newColumns.includes('certify_new')
    ? holds('The known fields are read as before, and the new one is reported.')
    : fails('A new field in the answer was not reported.', 'This is a bug in Interlocal: please report it with the recording.');
}

async function fieldRenamed(context: RequestContext): Promise<Verdict> {
  const names = Object.entries(context.stream.schema.fields)
    .filter(([, f]) => f.required)
    .map(([name]) => name);
  let tried = 0;
  // Those inside groups come last in most schemas, and are as easily forgotten.
  const wanted = [...names.filter((name) => !name.includes('.')).slice(0, 5), ...names.filter((name) => name.includes('.')).slice(0, 5)];
  for (const name of wanted) {
    const last = name.split('.').at(-1)!;
    let changed = false;
    const read = await context.read((_, recorded) => {
      const body = recorded && changeAnswer(recorded.body.toString(), { kind: 'rename_field', name: last, to: `${last}_2` });
      if (body === undefined) return undefined;
      changed = true;
      return { ...recorded!, body };
    });
    if (!changed) continue;
    tried++;
    // Only where there is something around it to be in: a record without lines lacks no amount.
    const all = read.records.filter((r, i) => !r.problem && (!name.includes('.') || hasAt(context.reading.records[i]?.values ?? {}, name)));
    if (!read.refused && all.length > 0)
      return fails(
        `Without ${name}, ${counted(all.length, 'record')} were read anyway.`,
        'This is a bug in Interlocal: please report it with the recording.',
      );
  }
  return tried === 0
    ? undefined
    : holds(`That a required field has another name was noticed for each of ${counted(tried, 'field')} tried.`);
}

async function total(context: RequestContext): Promise<Verdict> {
  const path = context.stream.paginator?.total;
  const rows = rowsPath(context);
  if (path === undefined || rows === undefined) return undefined;
  let last: Reply | undefined;
  const read = await context.read((_, recorded) => {
    const body = recorded && changeAnswer(recorded.body.toString(), { kind: 'value', path, to: (text) => String(Number(text) + 1) });
    if (body !== undefined) return (last = { ...recorded!, body });
    // The page that should hold the missing record is asked for: there is nothing on it.
    const empty = last && changeAnswer(last.body.toString(), { kind: 'no_rows', path: rows });
    return empty === undefined ? undefined : { ...last!, body: empty };
  });
  if (!last) return undefined;
  if (read.refused)
    return read.refused[0]!.code === 'TOTAL_DIFFERS'
      ? holds('With a total one too high: TOTAL_DIFFERS.')
      : fails(saidOf(read.refused), 'TOTAL_DIFFERS was expected.');
  return fails(
    'The total in the answer was one record higher than what the service returned, and this was not noticed.',
    'Check paginator.total.',
  );
}

/** A flag that is gone must not be taken for no; without flag and total, whether pages are cut short cannot be seen. */
async function lastPage(context: RequestContext): Promise<Verdict> {
  const { paginator } = context.stream;
  if (isGuessed(paginator))
    return holdsBut(
      `A page with fewer than ${paginator!.size} records is taken for the last, so a service that returns fewer than requested would not be noticed.`,
      'Set paginator.total or paginator.more where its answers have one; certify --connection checks whether anything follows a short page.',
    );
  if (paginator?.more === undefined) return undefined;
  const path = typeof paginator.more === 'string' ? paginator.more : paginator.more.path;
  const name = path.split('.').at(-1)!;
  let changed = false;
  const read = await context.read((asked, recorded) => {
    if (stepOf(asked, context.stream, context.connector.streams) !== 'own') return undefined;
    const body = recorded && changeAnswer(recorded.body.toString(), { kind: 'rename_field', name, to: 'certify_renamed' });
    if (body === undefined) return undefined;
    changed = true;
    return { ...recorded!, body };
  });
  if (!changed) return undefined;
  return read.refused
    ? holds(`An answer without ${path} is refused (${read.refused[0]!.code}).`)
    : fails(`An answer without ${path} was taken for the last page.`, 'This is a bug in Interlocal: please report it with the recording.');
}

/** What a service holds back cannot be recorded; whether the manifest allows for it can be seen. */
async function lateEntry({ stream }: RequestContext): Promise<Verdict> {
  const { incremental } = stream;
  if (!incremental) return undefined;
  if (incremental.lookback !== undefined)
    return holds(`The last ${incremental.lookback} are requested again each time, and known records are recognized.`);
  if (incremental.delay !== undefined) return holds(`Records newer than ${incremental.delay} wait for the next run.`);
  return holdsBut(
    `Only records after the last run are requested, so a record entered later with an earlier ${incremental.cursor} is missed.`,
    'In the connector, set incremental.lookback to how late records may be entered there, such as 3d.',
  );
}

async function undeclaredHost(context: RequestContext): Promise<Verdict> {
  const { startReplayServer } = await import('./replay-server.ts');
  const other = await startReplayServer({
    exchanges: context.fixture.exchanges!,
    soap: context.soap,
    variable: new Set(),
    fixturesFolder: context.fixture.folder,
  });
  try {
    const elsewhere = other.url.replace('127.0.0.1', 'localhost');
    const link = context.stream.paginator?.kind === 'link';
    const read = await context.read((_, recorded): Reply =>
      link && recorded
        ? { ...recorded, headers: { ...recorded.headers, link: `<${elsewhere}/next>; rel="next"` } }
        : { status: 307, headers: { location: `${elsewhere}/elsewhere` }, body: '' },
    );
    if (other.asked.length > 0)
      return fails(
        `The other host was asked ${counted(other.asked.length, 'time')}.`,
        'This is a bug in Interlocal, since passwords must never go to another host: please report it with the recording.',
      );
    return read.refused
      ? holds(`${read.refused[0]!.code}; the other host was not asked.`)
      : fails('A redirect to another host was followed.', 'This is a bug in Interlocal: please report it with the recording.');
  } finally {
    await other.close();
  }
}

/** A service that repeats what it was sent, as some do in their errors. SOAP: also with requests that are signed. */
async function secrets(context: RequestContext): Promise<Verdict> {
  const look = async (bench: Bench): Promise<Verdict> => {
    try {
      const good = await runNow(context, bench);
      if (good.problems.some((p) => p.code === 'SIGNING_KEY_UNUSABLE' || p.code === 'CERTIFICATE_UNREADABLE'))
        return fails(saidOf(good.problems), 'This is a bug in Interlocal: please report it with the recording.');
      const bad = await runNow(context, bench, (asked) => ({
        status: 400,
        headers: { 'content-type': 'text/plain' },
        body: `You sent ${JSON.stringify(asked.headers)} ${asked.text} ${CANARY}`,
      }));
      return await secretsAbsent(bench, [good, bad]);
    } finally {
      await bench.close();
    }
  };
  for (const open of [context.bench, context.signedBench]) {
    const verdict = open && (await look(await open()));
    if (verdict && verdict.state !== 'ok') return verdict;
  }
  return holds(
    `Not in messages, notes, the store, its state or the spool, though the service repeated what it was sent${context.signedBench ? ', with signed requests too' : ''}.`,
  );
}
