import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { counted, fails, holds, holdsBut, type Verdict } from '../../connector/certify.ts';
import { placeOf } from '../../connector/push-file.ts';
import { renderSink, sinkScope } from '../../connector/sink.ts';
import { fileNameOf } from '../../connector/sink-rows.ts';
import { fillText } from '../../connector/template.ts';
import { listDeliveries } from '../../store/deliveries.ts';
import type { FileTransport, Transport } from '../../transports/transport.ts';
import { saidOf } from './reading.ts';
import { secretsAbsent } from './secrets.ts';
import { type SinkBench, type SinkSetup, withSinkBench } from './sink-bench.ts';
import type { SinkCheck, SinkContext } from './sink-checks.ts';
import { became, counts, differsFromAnswers, states } from './sink-outcome.ts';

/** What must be true of how a file gets to another system, on a real folder: it may be looked at, or taken, at any moment. */
export const FILE_PUSH: readonly SinkCheck[] = [
  { check: 'dropped', title: 'The file lies in its folder once, whole, under its name', run: dropped },
  { check: 'never_half', title: 'Nobody finds it half-written, or its marker before it', run: neverHalf },
  { check: 'killed', title: 'A run killed at any moment and run again leaves it once', run: killed(false) },
  { check: 'killed_and_taken', title: 'So it does where the other side takes files at once', run: killed(true) },
  { check: 'other_file', title: 'Another file under its name is never written over', run: otherFile },
  { check: 'next_file', title: 'A second file of the same day has a name of its own', run: nextFile },
  { check: 'sent_again', title: 'Sent again from a restored store it is recognised', run: sentAgain },
  { check: 'early_answer', title: 'Nothing is taken for an answer before there is one', run: earlyAnswer },
  { check: 'answers', title: 'Recorded answers become of each record what they say', run: answers },
  { check: 'answer_cut', title: 'An answer that is still being written says nothing wrong', run: answerCut },
  { check: 'taken', title: 'A file that is gone from the folder counts as taken', run: taken },
  { check: 'secrets', title: 'No secret reaches messages, the store or the target', run: secrets },
];

function setupOf({ connector, name, fixture, setup }: SinkContext): SinkSetup {
  // The files are the same however they are sent; the transports have their own suites.
  const onDisk = { ...connector, transport: 'folder' as const, transport_options: {} };
  return { ...setup, connector: onDisk, sink: name, options: { ...setup.options, path: 'target' }, context: fixture.context };
}

/** A bench with the folders that the other side has made. */
function onBench(context: SinkContext, work: (bench: SinkBench) => Promise<Verdict>): Promise<Verdict> {
  return withSinkBench(setupOf(context), async (bench) => {
    const { target, acknowledgement } = context.sink;
    for (const folder of [target.file!.folder, target.file!.staging, acknowledgement?.file?.folder])
      if (folder !== undefined) await mkdir(join(bench.target, fillText(folder, context.variables)), { recursive: true });
    await bench.queue(context.fixture.records);
    return work(bench);
  });
}

type Files = Map<string, Buffer>;

/** What lies below the target, by its path. */
async function lying(bench: SinkBench): Promise<Files> {
  const found: Files = new Map();
  for (const entry of await readdir(bench.target, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found.set(relative(bench.target, path).split(sep).join('/'), await readFile(path));
  }
  return new Map([...found].sort());
}

const places = (context: SinkContext, names: readonly string[]) =>
  names.map((name) => placeOf(context.sink, name, { name: context.name, variables: context.variables }));

/** Every file that was to be sent, with its bytes as they are rendered, and its marker. */
async function shouldLie(context: SinkContext, bench: SinkBench): Promise<Files> {
  const rows = await bench.rows();
  const files: Files = new Map();
  for (const delivery of await listDeliveries(bench.knex, {})) {
    const values = rows.filter((row) => row.delivery === delivery.id).map((row) => row.values);
    const { bytes } = await renderSink(context.sink, values, {
      date: delivery.day,
      sequence: delivery.sequence,
      variables: context.variables,
    });
    const [place] = places(context, [delivery.name]);
    if (place!.marker !== undefined) files.set(place!.marker, Buffer.alloc(0));
    files.set(place!.final, Buffer.from(bytes));
  }
  return new Map([...files].sort());
}

function differing(found: Files, wanted: Files): string | undefined {
  for (const [name, bytes] of wanted) {
    const there = found.get(name);
    if (!there) return `${name} is not there`;
    if (!there.equals(bytes)) return `${name} has ${there.length} bytes, and should have ${bytes.length}`;
  }
  const more = [...found.keys()].filter((name) => !wanted.has(name));
  return more.length ? `there is ${more.join(', ')} beside it` : undefined;
}

async function dropped(context: SinkContext): Promise<Verdict> {
  return onBench(context, async (bench) => {
    const { problems } = await bench.send();
    if (problems.length) return fails(`It was not sent: ${saidOf(problems)}`, 'Correct the connector.');
    const refused = (await bench.rows()).find((row) => row.state === 'refused');
    if (refused)
      return fails(
        `A recorded record cannot be written: ${saidOf(refused.problems)}`,
        'Correct the sink, or records.json where it is wrong.',
      );
    const found = await lying(bench);
    const wrong = differing(found, await shouldLie(context, bench));
    if (wrong) return fails(`After one run ${wrong}.`, 'Look at name, marker and staging of target.file.');
    return holds(`${[...found].map(([name, bytes]) => `${name}: ${bytes.length.toLocaleString('en-US')} bytes`).join('; ')}.`);
  });
}

async function neverHalf(context: SinkContext): Promise<Verdict> {
  return onBench(context, async (bench) => {
    let looks = 0;
    const seen: string[] = [];
    const look = async (): Promise<void> => {
      looks++;
      const wanted = await shouldLie(context, bench);
      const found = await lying(bench);
      for (const { name } of await listDeliveries(bench.knex, {})) {
        const [place] = places(context, [name]);
        const there = found.get(place!.final);
        if (there && !there.equals(wanted.get(place!.final)!))
          seen.push(`${place!.final} with ${there.length} of ${wanted.get(place!.final)!.length} bytes`);
        if (place!.marker !== undefined && found.has(place!.marker) && !there) seen.push(`${place!.marker} without ${place!.final}`);
      }
    };
    await bench.send({ watch: (transport) => watched(transport, look) });
    return seen.length
      ? fails(`The other side could have found ${seen[0]}.`, 'Look at marker and staging of target.file: each needs a name of its own.')
      : holds(`Looked ${looks} times on the way: not there, or whole${context.sink.target.file!.marker ? '; the marker after it' : ''}.`);
  });
}

/** The transport itself, with a look at the folder after each thing that it does there. */
function watched(transport: Transport, look: () => Promise<void>): Transport {
  const files = transport as FileTransport;
  const after =
    <A extends unknown[]>(work: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      await work(...args);
      await look();
    };
  return { ...files, write: after(files.write), rename: after(files.rename), remove: after(files.remove) };
}

/** So many moments are tried at most: with one file those are all there are. */
const MOST_KILLS = 10;

function killed(takes: boolean): SinkCheck['run'] {
  return async (context) => {
    let commits = 0;
    let whole: Files = new Map();
    const first = await onBench(context, async (bench) => {
      const sent = await bench.send();
      commits = Math.min(sent.commits, MOST_KILLS);
      whole = await lying(bench);
      return sent.problems.length ? fails(`It was not sent: ${saidOf(sent.problems)}`, 'Correct the connector.') : undefined;
    });
    if (first) return first;
    for (const how of ['before', 'after'] as const)
      for (let at = 1; at <= commits; at++) {
        const verdict = await onBench(context, async (bench) => {
          const drops: string[] = [];
          const take = async (): Promise<void> => void (takes && drops.push(...(await takeFiles(context, bench))));
          await bench.send({ cut: { at, how } });
          await take();
          const again = await bench.send();
          await take();
          const when = `${how === 'before' ? 'just before' : 'just after'} note ${at} of ${commits}`;
          if (again.problems.length)
            return fails(`Killed ${when}, the next run failed: ${saidOf(again.problems)}`, 'Report this with the recording.');
          const wrong = takes
            ? drops.toSorted().join() === finals(context, whole).toSorted().join()
              ? undefined
              : `the other side got ${drops.join(', ') || 'nothing'}`
            : differing(await lying(bench), whole);
          return wrong
            ? fails(`Killed ${when} and run again, ${wrong}.`, 'Look at target.file, and report this with the recording.')
            : undefined;
        });
        if (verdict) return verdict;
      }
    return holds(`${counted(2 * commits, 'kill')}, before and after each note in the store: each file got there once.`);
  };
}

function finals(context: SinkContext, files: Files): string[] {
  const { marker } = context.sink.target.file!;
  const ending = marker === undefined ? '' : fillText(marker, context.variables).replace(/\{(?:name|stem)\}/, '');
  return [...files.keys()].filter((name) => !(ending !== '' && name.endsWith(ending)));
}

/** The other side takes what is complete: with its marker, where it has one. Gives the names. */
async function takeFiles(context: SinkContext, bench: SinkBench): Promise<string[]> {
  const names = (await listDeliveries(bench.knex, {})).map((delivery) => delivery.name);
  const found = await lying(bench);
  const got: string[] = [];
  for (const place of places(context, names)) {
    if (!found.has(place.final) || (place.marker !== undefined && !found.has(place.marker))) continue;
    got.push(place.final);
    await rm(join(bench.target, place.final));
    if (place.marker !== undefined) await rm(join(bench.target, place.marker), { force: true });
  }
  return got;
}

async function otherFile(context: SinkContext): Promise<Verdict> {
  let final = '';
  await onBench(context, async (bench) => {
    await bench.send();
    const [first] = await listDeliveries(bench.knex, {});
    final = first ? places(context, [first.name])[0]!.final : '';
    return undefined;
  });
  if (final === '') return undefined;
  return onBench(context, async (bench) => {
    const theirs = Buffer.from('theirs\n');
    const path = join(bench.target, final);
    await writeFile(path, theirs);
    const { problems } = await bench.send();
    if (!(await readFile(path)).equals(theirs)) return fails(`${final} was written over.`, 'Report this.');
    if (!problems.some((p) => p.code === 'TARGET_EXISTS'))
      return fails(`Nobody was told: ${saidOf(problems)}`, 'TARGET_EXISTS was expected.');
    await rm(path);
    await bench.send();
    const wrong = differing(await lying(bench), await shouldLie(context, bench));
    return wrong
      ? fails(`After the other file was taken away and another run, ${wrong}.`, 'Report this with the recording.')
      : holds('TARGET_EXISTS; once the other file was taken away, ours was sent.');
  });
}

async function nextFile({ sink, fixture, variables }: SinkContext): Promise<Verdict> {
  const { name } = sink.target.file!;
  const nameOf = (date: string, sequence: number): string => fileNameOf(name, sinkScope(sink, { date, sequence, variables }));
  const { date, sequence } = fixture.context;
  const [first, second] = [nameOf(date, sequence), nameOf(date, sequence + 1)];
  if (first !== second) return holds(`${first}, then ${second}.`);
  const waits = sink.one_at_a_time && (sink.acknowledgement?.taken || sink.acknowledgement?.file);
  if (waits) return holds(`Both are ${first}: the second waits until the first was taken.`);
  const hint =
    'Put {{ sequence }} into target.file.name; or, where the system wants that one name: one_at_a_time with acknowledgement.taken.';
  const next = nameOf(date === '2027-01-01' ? '2027-01-02' : '2027-01-01', sequence);
  return next === first
    ? fails(`Every file is called ${first}: the second is refused as long as the first lies there.`, hint)
    : holdsBut(`Both are ${first}: a second run of a day is refused as long as the first file lies there.`, hint);
}

async function sentAgain(context: SinkContext): Promise<Verdict> {
  return onBench(context, async (bench) => {
    await bench.send();
    const once = await lying(bench);
    await bench.forget();
    await bench.queue(context.fixture.records);
    const { problems } = await bench.send();
    const wrong = problems.length ? saidOf(problems) : differing(await lying(bench), once);
    return wrong
      ? fails(`Sent again with the store of before: ${wrong}.`, 'The file must depend on its records, day and sequence number alone.')
      : holds('The same name and the same bytes: what lies there is taken for what was sent.');
  });
}

async function earlyAnswer(context: SinkContext): Promise<Verdict> {
  if (!context.sink.acknowledgement?.file && !context.sink.acknowledgement?.taken) return undefined;
  return onBench(context, async (bench) => {
    await bench.send();
    const before = states(became(context.sink, await bench.rows()));
    const { problems } = await bench.send();
    if (problems.length) return fails(`Looking for an answer failed: ${saidOf(problems)}`, 'Correct acknowledgement.');
    const after = states(became(context.sink, await bench.rows()));
    return isDeepStrictEqual(before, after)
      ? holds('Looked once more with no answer there: everything stays as sent.')
      : fails(
          `With no answer there, records became ${[...new Set(Object.values(after))].join(', ')}.`,
          'Look at acknowledgement.file: its names must not be those of the file itself or of its marker.',
        );
  });
}

/** Puts answers where the system puts them. */
async function answer(context: SinkContext, bench: SinkBench, files: readonly { name: string; bytes: Uint8Array }[]): Promise<void> {
  const folder = join(bench.target, fillText(context.sink.acknowledgement!.file!.folder, context.variables));
  for (const { name, bytes } of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, `.${name}`), bytes);
    await rename(join(folder, `.${name}`), join(folder, name));
  }
}

async function answers(context: SinkContext): Promise<Verdict> {
  const { sink, fixture } = context;
  if (!sink.acknowledgement?.file) return undefined;
  if (fixture.answers.length === 0)
    return holdsBut(
      'There is no recorded answer of the system, so that nobody knows whether it is understood.',
      'Put one into answers/ of the recording, and what it says into answers.json.',
    );
  const said: string[] = [];
  for (const one of fixture.answers) {
    const verdict = await onBench(context, async (bench) => {
      await bench.send();
      await answer(
        context,
        bench,
        fixture.answerFiles.filter((file) => one.files.includes(file.name)),
      );
      const { problems } = await bench.send();
      if (problems.length) return fails(`${one.files.join(', ')}: ${saidOf(problems)}`, 'Correct acknowledgement.file.');
      const result = became(sink, await bench.rows());
      const wrong = differsFromAnswers(sink, result, one);
      if (wrong.length)
        return fails(
          `${one.files.join(', ')}: ${wrong.slice(0, 3).join('; ')}.`,
          'Correct acknowledgement.file, or answers.json where it is wrong.',
        );
      said.push(`${one.files.join(', ')}: ${counts(result)}`);
      return undefined;
    });
    if (verdict) return verdict;
  }
  return holds(`${said.join('; ')}.`);
}

async function answerCut(context: SinkContext): Promise<Verdict> {
  const { sink, fixture } = context;
  const records = sink.acknowledgement?.file?.records;
  const [one] = fixture.answers.filter(({ files, accepted, rejected }) => files.length === 1 && accepted.length + rejected.length > 0);
  if (!records || !one) return undefined;
  const { name, bytes } = fixture.answerFiles.find((file) => file.name === one.files[0])!;
  let cuts = 0;
  for (const share of [0, 0.3, 0.55, 0.8, 0.97]) {
    const cut = Math.floor(bytes.length * share);
    const verdict = await onBench(context, async (bench) => {
      await bench.send();
      await answer(context, bench, [{ name, bytes: bytes.subarray(0, cut) }]);
      await bench.send();
      await answer(context, bench, [{ name, bytes }]);
      await bench.send();
      const wrong = differsFromAnswers(sink, became(sink, await bench.rows()), one);
      return wrong.length
        ? fails(
            `Read when ${cut} of its ${bytes.length} bytes were there, and again when all were: ${wrong[0]}.`,
            'Use a decoder that refuses what is cut off (final_newline: required), or ask the vendor to write it under another name first.',
          )
        : undefined;
    });
    if (verdict) return verdict;
    cuts++;
  }
  return holds(`Read at ${cuts} moments of its being written, then whole: always what the whole says.`);
}

async function taken(context: SinkContext): Promise<Verdict> {
  const { sink } = context;
  if (!sink.acknowledgement?.taken) return undefined;
  return onBench(context, async (bench) => {
    await bench.send();
    await takeFiles(context, bench);
    await bench.send();
    const wanted = sink.acknowledgement!.file || sink.acknowledgement!.person ? 'acknowledged' : 'accepted';
    const result = became(
      sink,
      (await bench.rows()).filter((row) => row.delivery !== null),
    );
    const other = Object.values(result).find(({ state }) => state !== wanted && state !== 'sent');
    return other || !Object.values(result).some(({ state }) => state === wanted)
      ? fails(`After the file was taken the records are: ${counts(result)}.`, `${wanted} was expected; look at acknowledgement.`)
      : holds(`${counts(result)}.`);
  });
}

async function secrets(context: SinkContext): Promise<Verdict> {
  return onBench(context, async (bench) => {
    const sent = await bench.send();
    return secretsAbsent(bench, [sent]);
  });
}
