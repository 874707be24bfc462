import { counted } from '../../../core/text/counted.ts';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fails, holds, holdsBut, holdsFor, NO_NOTE, type Verdict } from '../finding.ts';
import { renderSink, sinkScope } from '../../../connector/sink/sink.ts';
import { fileNameOf } from '../../../connector/sink/sink-rows.ts';
import { fillText } from '../../../connector/template.ts';
import { RecordError } from '../../../core/errors.ts';
import type { Values } from '../../../core/record.ts';
import { listDeliveries } from '../../../store/outbound/deliveries.ts';
import type { FileTransport, Transport } from '../../../transports/transport.ts';
import { saidOf } from '../reading.ts';
import { secretsAbsent } from '../secrets.ts';
import { FILE_ANSWERS } from './answer-checks.ts';
import type { SinkCheck, SinkContext } from './checks.ts';
import { differing, type Files, lying, onBench, places, shouldLie, takeFiles } from './file-bench.ts';
import { became, counts } from './outcome.ts';

/** What must be true of how a file gets to another system, on a real folder: it may be looked at, or taken, at any moment. */
export const FILE_PUSH: readonly SinkCheck[] = [
  { check: 'dropped', title: 'The file is in its folder once, complete, under its name', run: dropped },
  { check: 'never_half', title: 'It is never visible half-written, nor its marker before it', run: neverHalf },
  { check: 'killed', title: 'A run killed at any moment and run again leaves one file', run: killed(false) },
  { check: 'killed_and_taken', title: 'The same holds when the remote system takes files at once', run: killed(true) },
  { check: 'other_file', title: 'Another file with the same name is never overwritten', run: otherFile },
  { check: 'next_file', title: 'A second file on the same day gets its own name', run: nextFile },
  { check: 'refused_alone', title: 'Only the record that cannot be written is refused', run: refusedAlone },
  { check: 'sent_again', title: 'A file sent again from a restored store is recognized', run: sentAgain },
  ...FILE_ANSWERS,
  { check: 'secrets', title: 'No secret reaches messages, the store or the target', run: secrets },
];

async function dropped(context: SinkContext): Promise<Verdict> {
  return onBench(context, async (bench) => {
    const { problems } = await bench.send();
    if (problems.length)
      return fails(`The file was not sent: ${saidOf(problems)}`, 'Correct the connector as the message says, then certify again.');
    const refused = (await bench.rows()).find((row) => row.state === 'refused');
    if (refused)
      return fails(
        `A recorded record cannot be written: ${saidOf(refused.problems)}`,
        'Correct the sink in the connector, or records.json if that is wrong.',
      );
    const found = await lying(bench);
    const wrong = differing(found, await shouldLie(context, bench));
    if (wrong) return fails(`After one run ${wrong}.`, 'Check name, marker and staging of target.file.');
    const packed = (context.sink.target.file!.pack ?? []).flatMap(Object.keys);
    const how = packed.length ? `, which the receiver unpacks (${packed.toReversed().join(', ')})` : '';
    return holds(`${[...found].map(([name, bytes]) => `${name}: ${bytes.length.toLocaleString('en-US')} bytes`).join('; ')}${how}.`);
  });
}

async function neverHalf(context: SinkContext): Promise<Verdict> {
  if (isDirect(context) && context.sink.target.file!.marker === undefined)
    return holdsBut(
      `The file is written under its own name (upload: ${context.sink.target.file!.upload}), so half of it can be seen.`,
      'Ask the vendor to allow renames, or for a marker that the system waits for.',
    );
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
      ? fails(`The remote system could have found ${seen[0]}.`, 'Check marker and staging of target.file: each needs its own name.')
      : holdsFor(
          looks,
          `Looked ${looks} times during the transfer: not there, or complete${context.sink.target.file!.marker ? '; the marker after it' : ''}.`,
          'nothing was written that could have been seen half-finished',
        );
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
const MAX_KILLS = 10;

function killed(takes: boolean): SinkCheck['run'] {
  return async (context) => {
    let commits = 0;
    let whole: Files = new Map();
    const first = await onBench(context, async (bench) => {
      const sent = await bench.send();
      commits = Math.min(sent.commits, MAX_KILLS);
      whole = await lying(bench);
      return sent.problems.length
        ? fails(`The file was not sent: ${saidOf(sent.problems)}`, 'Correct the connector as the message says, then certify again.')
        : undefined;
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
          // It is not known whether a file that was moved and taken just before the kill got there: then a person is asked.
          const mayBeUnknown = takes || isDirect(context);
          if (again.problems.some(({ code }) => !mayBeUnknown || code !== 'DELIVERY_UNKNOWN'))
            return fails(
              `Killed ${when}, the next run failed: ${saidOf(again.problems)}`,
              'This is a bug in Interlocal: please report it with the recording.',
            );
          if (again.problems.length && isDirect(context)) {
            const twice = drops.find((name, i) => drops.indexOf(name) !== i);
            return twice
              ? fails(
                  `Killed ${when} and run again, ${twice} got there twice.`,
                  'This is a bug in Interlocal: please report it with the recording.',
                )
              : undefined;
          }
          const wrong = takes
            ? drops.toSorted().join() === finals(context, whole).toSorted().join()
              ? undefined
              : `the remote system got ${drops.join(', ') || 'nothing'}`
            : differing(await lying(bench), whole);
          return wrong
            ? fails(`Killed ${when} and run again, ${wrong}.`, 'Check target.file, and report this with the recording.')
            : undefined;
        });
        if (verdict) return verdict;
      }
    return holdsFor(
      commits,
      `${counted(2 * commits, 'kill')}, before and after each note in the store: each file got there once.`,
      NO_NOTE,
    );
  };
}

function isDirect({ sink }: SinkContext): boolean {
  return (sink.target.file!.upload ?? 'rename') !== 'rename';
}

function finals(context: SinkContext, files: Files): string[] {
  const { marker } = context.sink.target.file!;
  const ending = marker === undefined ? '' : fillText(marker, context.variables).replace(/\{(?:name|stem)\}/, '');
  return [...files.keys()].filter((name) => !(ending !== '' && name.endsWith(ending)));
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
    if (!(await readFile(path)).equals(theirs)) return fails(`${final} was overwritten.`, 'Report this.');
    if (!problems.some((p) => p.code === 'TARGET_EXISTS'))
      return fails(
        `That another file with this name is there was not reported: ${saidOf(problems)}`,
        'The error TARGET_EXISTS was expected. This is a bug in Interlocal: please report it with the recording.',
      );
    await rm(path);
    await bench.send();
    const wrong = differing(await lying(bench), await shouldLie(context, bench));
    return wrong
      ? fails(
          `After the other file was taken away and another run, ${wrong}.`,
          'This is a bug in Interlocal: please report it with the recording.',
        )
      : holds('TARGET_EXISTS; once the other file was taken away, ours was sent.');
  });
}

async function nextFile({ sink, fixture, variables }: SinkContext): Promise<Verdict> {
  const { name } = sink.target.file!;
  const nameOf = (date: string, sequence: number): string => fileNameOf(name, sinkScope(sink, { date, sequence, variables }));
  const { date, sequence } = fixture.context;
  const [first, second] = [nameOf(date, sequence), nameOf(date, sequence + 1)];
  if (first !== second) return holds(`${first}, then ${second}.`);
  const waits = sink.one_at_a_time && (sink.acknowledgment?.taken || sink.acknowledgment?.file);
  if (waits) return holds(`Both are ${first}: the second waits until the first was taken.`);
  const hint =
    'Put {{ sequence }} into target.file.name; or, where the system wants that one name: one_at_a_time with acknowledgment.taken.';
  const next = nameOf(date === '2027-01-01' ? '2027-01-02' : '2027-01-01', sequence);
  return next === first
    ? fails(`Every file is called ${first}: the second is refused as long as the first is there.`, hint)
    : holdsBut(`Both are ${first}: a second run of a day is refused as long as the first file is there.`, hint);
}

/** What some format or encoding cannot carry. */
const UNWRITABLE = ['certify \u0001', 'certify \u2603', 'W'.repeat(500)];

async function refusedAlone(context: SinkContext): Promise<Verdict> {
  const { sink, fixture, variables } = context;
  const [first, ...others] = fixture.records;
  const bad = await unwritable();
  if (!bad) return undefined;
  return onBench(context, async (bench) => {
    await bench.forget();
    await bench.queue([bad.record, ...others]);
    const { problems } = await bench.send();
    const rows = await bench.rows();
    const found = differing(await lying(bench), await shouldLie(context, bench));
    const lost = rows.slice(1).find((row) => row.state === 'queued' || row.state === 'sending' || row.state === 'refused');
    if (problems.length || lost || rows[0]!.state !== 'refused' || found)
      return fails(
        `${bad.what}: ${problems.length ? saidOf(problems) : (found ?? counts(became(sink, rows)))}`,
        'This is a bug in Interlocal: please report it with the recording.',
      );
    return holds(`${bad.what}: ${saidOf(rows[0]!.problems)} ${counted(others.length, 'other')} sent.`);
  });

  async function unwritable(): Promise<{ record: Values; what: string } | undefined> {
    const names = Object.entries(sink.schema.fields).filter(
      ([name, field]) => field.type === 'text' && !field.values && typeof first![name] === 'string',
    );
    for (const [name] of names.filter(([field]) => !sink.idempotency_key.includes(field) && !sink.file_per.includes(field)))
      for (const value of UNWRITABLE) {
        const record = { ...first!, [name]: value };
        const error = await renderSink(sink, [record], { ...fixture.context, variables }).catch((thrown: unknown) => thrown);
        if (error instanceof RecordError) return { record, what: `${name} with a character or a length that it cannot have` };
      }
    return undefined;
  }
}

async function sentAgain(context: SinkContext): Promise<Verdict> {
  return onBench(context, async (bench) => {
    await bench.send();
    const once = await lying(bench);
    await bench.forget();
    await bench.queue(context.fixture.records);
    const { problems } = await bench.send();
    const found = await lying(bench);
    const encrypted = context.sink.target.file!.pack?.some(({ pgp }) => pgp);
    const untouched = [...once].every(([name, bytes]) => found.get(name)?.equals(bytes));
    if (encrypted && untouched && problems.some(({ code }) => code === 'TARGET_EXISTS'))
      return holds('Encrypted, it is never the same twice: what is there is left alone and reported (TARGET_EXISTS).');
    const wrong = problems.length ? saidOf(problems) : differing(found, once);
    return wrong
      ? fails(`Sent again from a restored store: ${wrong}.`, 'The file must depend on its records, day and sequence number alone.')
      : holds('The same name and the same bytes: the file there is taken for the one that was sent.');
  });
}

async function secrets(context: SinkContext): Promise<Verdict> {
  return onBench(context, async (bench) => {
    const sent = await bench.send();
    return secretsAbsent(bench, [sent]);
  });
}
