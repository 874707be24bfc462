import { counted } from '../../../core/text/counted.ts';
import { isDeepStrictEqual } from 'node:util';
import { fails, holds, holdsBut, holdsFor, NO_RECORD, type Verdict } from '../finding.ts';
import { alike, changedAt, lineStarts, regionOf, spots } from '../recordings/changes.ts';
import { nameMatcher } from '../../../transports/paths.ts';
import type { Bench, Contents } from '../bench.ts';
import type { FileCheck, FileContext } from './context.ts';
import { footer } from './footer.ts';
import { goodOf, sameRecords, saidOf } from '../reading.ts';
import { storesNothing } from '../recording-check.ts';
import { resumeAfterKills } from '../resume.ts';

/** What happens to files on their way: read twice, killed, growing, cut off, replaced, renamed, empty, gone. */
export const FILE_LIFE: readonly FileCheck[] = [
  { check: 'read_twice', title: 'Reading twice gives every record once', run: readTwice },
  { check: 'resume', title: 'A run killed at any checkpoint resumes there', run: resume },
  { check: 'growing', title: 'A file that is still growing ends up complete', run: growing },
  { check: 'truncated', title: 'A file that was cut off is refused or recognized', run: truncated },
  { check: 'replaced', title: 'Other content under the same name, time and size is seen', run: replaced },
  { check: 'duplicate', title: 'The same content under another name is not loaded twice', run: duplicate },
  { check: 'empty', title: 'An empty file is refused', run: empty },
  { check: 'order', title: 'An older file is not read after a newer one', run: order },
  { check: 'footer', title: 'A file without its footer loses no record', run: footer },
  { check: 'deletes', title: 'A record missing from a complete file is deleted; many missing records stop the run', run: deletes },
];

/** The store after one undisturbed run of the main file. */
export async function undisturbed(context: FileContext): Promise<Contents> {
  return context.withBench(async (bench) => {
    await bench.put(context.main.name, context.main.bytes);
    await bench.run();
    return bench.contents();
  });
}

async function readTwice(context: FileContext): Promise<Verdict> {
  return context.withBench(async (bench) => {
    for (const { name, bytes } of context.fixture.files!) await bench.put(name, bytes);
    const first = await bench.run();
    const once = await bench.contents();
    if (context.fixture.refused.length === 0 && first.problems.length)
      return fails(`The run failed: ${saidOf(first.problems)}`, 'Correct the connector as the message says, then certify again.');
    const nothing = storesNothing(Object.keys(once.records).length, goodOf(context.reading).length);
    if (nothing) return nothing;
    // Where files are moved to an archive they come again, as a sender that re-exports everything does it.
    for (const { name, bytes } of context.fixture.files!) await bench.put(name, bytes);
    const second = await bench.run();
    const twice = await bench.contents();
    if (!isDeepStrictEqual(once, twice))
      return fails(
        `The store differs after the second run (${changesOf(once, twice)}).`,
        'Check primary_key: together its fields must be different for each record in the system.',
      );
    const records = Object.keys(once.records).length;
    return holdsFor(
      records,
      `${counted(records, 'record')} after one run and after two${second.counts.read > 0 ? `, ${second.counts.unchanged} recognized as unchanged` : '; nothing was read again'}.`,
      NO_RECORD,
    );
  });
}

async function resume(context: FileContext): Promise<Verdict> {
  const records = context.reading.records.length;
  return resumeAfterKills({
    records,
    good: goodOf(context.reading).length,
    open: async () => {
      const bench = await context.bench();
      await bench.put(context.main.name, context.main.bytes);
      return bench;
    },
    whole: await undisturbed(context),
  });
}

async function growing(context: FileContext): Promise<Verdict> {
  const whole = await undisturbed(context);
  const half = halfOf(context);
  return context.withBench(async (bench) => {
    await bench.put(context.main.name, half);
    const first = await bench.run();
    await bench.put(context.main.name, context.main.bytes, new Date('2026-01-02T04:05:06Z'));
    const second = await bench.run();
    if (second.problems.length)
      return fails(
        `The whole file was not read after its first half: ${saidOf(second.problems)}`,
        'This is a bug in Interlocal, since a file that grew must be readable: please report it with the recording.',
      );
    const after = await bench.contents();
    if (!isDeepStrictEqual(after.records, whole.records))
      return fails(
        `The store differs from one undisturbed run (${changesOf(whole, after)}).`,
        'Check primary_key and its repeats: keys must not depend on what follows in the file.',
      );
    return holds(
      first.problems.length ? 'Half of it was refused, the whole was read.' : 'Half of it was read, then the rest, each record once.',
    );
  });
}

/** Cut at a line near the middle, or in the middle where there are no lines. */
function halfOf({ main }: FileContext): Buffer {
  const text = main.bytes.toString('latin1');
  const starts = lineStarts(text);
  const at = starts.length > 3 ? starts[Math.ceil(starts.length / 2)]! : Math.floor(text.length / 2);
  return main.bytes.subarray(0, at);
}

async function truncated(context: FileContext): Promise<Verdict> {
  const { main, reading } = context;
  const cuts = cutsOf(main.bytes);
  let refused = 0;
  let complete = 0;
  const unseen: number[] = [];
  for (const at of cuts) {
    const cut = await context.read(main.bytes.subarray(0, at));
    if (cut.refused) refused++;
    // All records are there: only the end of the last line, or white space behind the document, is missing.
    else if (cut.records.length === reading.records.length && sameRecords(cut.records, reading.records)) complete++;
    else if (sameRecords(cut.records, reading.records.slice(0, cut.records.length))) unseen.push(at);
    else if (context.stream.retriever.files!.marker === undefined)
      return finalNewlineOptional(context)
        ? holdsBut(
            `Cut after ${at} of ${main.bytes.length} bytes, the last record reads with a shortened value, because final_newline is optional.`,
            'Set final_newline: required if the system ends its last line, or have it write a trailer or a marker file.',
          )
        : fails(
            `Cut after ${at} of ${main.bytes.length} bytes, the file reads as other records instead of being refused.`,
            'In the connector, declare the totals of a trailer (control), record_length, or a marker file that says when a file is complete.',
          );
  }
  // Where a cut cannot be told by reading, nothing of it may be lost or doubled once the whole file is there.
  const stored = await context.withBench(async (bench) =>
    storedAfterCut(
      bench,
      context,
      cuts.find((at) => !unseen.includes(at)),
    ),
  );
  if (stored) return stored;
  const detail = `${refused} of ${cuts.length - complete} cuts are refused before anything is stored`;
  if (unseen.length === 0)
    return holdsFor(cuts.length - complete, `${detail}.`, 'no place was found in the file where a cut removes a record');
  if (context.stream.retriever.files!.marker !== undefined)
    return holds(`${detail}; the others end with a whole record and are held back by the marker file.`);
  return holdsBut(
    `${detail}; the other ${unseen.length} end with a whole record and read as a shorter file, which is completed when the rest arrives.`,
    'Have the system write a trailer with a count (control) or a marker file, if it can.',
  );
}

/** A refused cut must leave nothing behind, and must not be in the way of the whole file. */
async function storedAfterCut(bench: Bench, context: FileContext, at: number | undefined): Promise<Verdict> {
  if (at === undefined) return undefined;
  await bench.put(context.main.name, context.main.bytes.subarray(0, at));
  const run = await bench.run();
  const contents = await bench.contents();
  if (run.outcome !== 'failed' || Object.keys(contents.records).length + contents.golden.length + contents.rejects.length > 0)
    return fails(
      `Cut after ${at} bytes, ${Object.keys(contents.records).length} of its records are in the store.`,
      'This is a bug in Interlocal, since a refused file must leave nothing: please report it with the recording.',
    );
  return undefined;
}

function cutsOf(bytes: Buffer): number[] {
  const cuts = new Set<number>();
  for (let i = 1; i <= 16; i++) cuts.add(Math.floor((bytes.length * i) / 17));
  for (let back = 1; back <= 6; back++) cuts.add(bytes.length - back);
  const text = bytes.toString('latin1').trimEnd();
  cuts.add(text.length);
  cuts.add(text.length - 1);
  return [...cuts].filter((at) => at > 0 && at < bytes.length).sort((a, b) => a - b);
}

function finalNewlineOptional({ stream }: FileContext): boolean {
  const { csv, fixed_width: fixed } = stream.decoder!;
  return (csv ?? fixed)?.final_newline === 'optional';
}

async function replaced(context: FileContext): Promise<Verdict> {
  const other = await withOneValueChanged(context);
  if (!other) return undefined;
  return context.withBench(async (bench) => {
    await bench.put(context.main.name, context.main.bytes);
    await bench.run();
    await bench.put(context.main.name, other.bytes);
    const run = await bench.run();
    if (run.counts.changed !== 1)
      return fails(
        `One value (${other.field}) was changed, but ${counted(run.counts.changed, 'record')} changed in the store${run.problems.length ? `: ${saidOf(run.problems)}` : ''}.`,
        'Check primary_key: it must not contain a field whose value can change.',
      );
    return holds(`A changed ${other.field} in a file of the same name, time and size changed one record.`);
  });
}

/** The file with one value replaced by another of the same length, in no key field; undefined when there is none that can be found for certain. */
async function withOneValueChanged(context: FileContext): Promise<{ bytes: Buffer; field: string } | undefined> {
  const { recorded, stream, reading } = context;
  if (!recorded) return undefined;
  const { fields } = stream.schema;
  const keys = Array.isArray(stream.primary_key) ? stream.primary_key : stream.primary_key.fields;
  const summed = (stream.control ?? []).flatMap((c) => (c.total ? [c.total.of] : []));
  let tries = 0;
  for (const spot of spots(
    recorded,
    stream.decoder!,
    reading.records,
    (field, value) => fields[field]?.type === 'text' && !keys.includes(field) && !summed.includes(field) && value.length > 1,
  )) {
    if (++tries > 40) break;
    const bytes = recorded.bytes(changedAt(recorded.text, spot, alike(spot.value)));
    const read = await context.read(bytes);
    if (read.refused || goodOf(read).length !== goodOf(reading).length) continue;
    const changed = read.records.filter((record, i) => JSON.stringify(record.values) !== JSON.stringify(reading.records[i]!.values));
    if (changed.length === 1 && changed[0]!.values[spot.field] === alike(spot.value)) return { bytes, field: spot.field };
  }
  return undefined;
}

async function duplicate(context: FileContext): Promise<Verdict> {
  const pattern = context.stream.retriever.files!.pattern;
  const other = ['certify-copy', '20991231', '99991231', '2', 'copy']
    .map((word) => pattern.replaceAll('*', word).replaceAll('?', '9'))
    .find((name) => name !== context.main.name && nameMatcher(pattern)(name));
  if (other === undefined || !/[*?]/.test(pattern)) return undefined;
  return context.withBench(async (bench) => {
    await bench.put(context.main.name, context.main.bytes);
    await bench.run();
    const before = await bench.contents();
    await bench.clear();
    await bench.put(other, context.main.bytes, new Date('2026-01-03T00:00:00Z'));
    const run = await bench.run();
    if (run.counts.read > 0 || !isDeepStrictEqual(before, await bench.contents()))
      return fails(
        `Under the name ${other}, the same file was read again: ${counted(run.counts.read, 'record')}.`,
        'This is a bug in Interlocal, since a file is known by its content: please report it with the recording.',
      );
    return holds(`Under the name ${other}, the same file is recognized, and nothing is read again.`);
  });
}

async function empty(context: FileContext): Promise<Verdict> {
  const read = await context.read(Buffer.alloc(0));
  if (!read.refused)
    return fails(
      `A file of 0 bytes reads as ${counted(read.records.length, 'record')}.`,
      'This is a bug in Interlocal, since an empty file must be refused as a failed export: please report it with the recording.',
    );
  return context.withBench(async (bench) => {
    await bench.put(context.main.name, context.main.bytes);
    await bench.run();
    const before = await bench.contents();
    await bench.put(context.main.name, Buffer.alloc(0), new Date('2026-01-04T00:00:00Z'));
    await bench.run();
    if (!isDeepStrictEqual(before, await bench.contents()))
      return fails('An empty file in place of the full one changed the store.', 'Report this.');
    return holds(`Refused (${read.refused![0]!.code}); what was there before stays.`);
  });
}

/** Only a person can say what orders the files of a system; where their names have a date it is plain to see. */
function order({ stream, main }: FileContext): Promise<Verdict> {
  const files = stream.retriever.files!;
  if (files.content !== 'snapshot' || (!files.order && !DATED.test(main.name))) return Promise.resolve(undefined);
  return Promise.resolve(
    files.order
      ? holds(`Each file is complete; which one is older is decided by its ${files.order === 'name' ? 'name' : 'time of change'}.`)
      : holdsBut(
          `Each file is complete, and ${main.name} has a date in its name, but the manifest does not order files by name.`,
          'In the connector, set order: name in retriever.files, so that an older file that comes late does not undo a newer one.',
        ),
  );
}

const DATED = /(?<!\d)(19|20)\d\d[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])/;

async function deletes(context: FileContext): Promise<Verdict> {
  const { stream, recorded, reading, main } = context;
  if (!stream.deletes?.when_absent || !recorded) return undefined;
  const good = goodOf(reading);
  const region = good.length > 1 ? regionOf(recorded.text, reading.records, reading.records.indexOf(good.at(-1)!)) : undefined;
  if (!region) return undefined;
  const without = recorded.bytes(recorded.text.slice(0, region.from) + recorded.text.slice(region.to));
  const percent = 100 / good.length;
  const allowed = percent <= stream.deletes.max_percent;
  return context.withBench(async (bench) => {
    await bench.put(main.name, main.bytes);
    await bench.run();
    await bench.put(main.name, without, new Date('2026-01-05T00:00:00Z'));
    const run = await bench.run();
    const { deleted } = await bench.contents();
    if (deleted.length === 0 && run.problems.length === 0 && reading.records.some((r) => r.key === undefined))
      return holds('The recording has a record whose key cannot be read. It could be any record, so nothing is deleted.');
    if (allowed && deleted.length === 1)
      return holds(`One of ${good.length} records left out was deleted; more than ${stream.deletes!.max_percent} % stop the run.`);
    if (!allowed && deleted.length === 0 && run.problems.some((p) => p.code === 'DELETES_TOO_MANY'))
      return holds(
        `One of ${good.length} records left out is ${percent.toFixed(0)} %, more than the ${stream.deletes!.max_percent} % allowed: the run stopped and deleted nothing.`,
      );
    return fails(
      `One of ${good.length} records was left out: ${deleted.length} were deleted${run.problems.length ? `, and the run said ${saidOf(run.problems)}` : ''}.`,
      'Check deletes and content: snapshot of the stream in the connector.',
    );
  });
}

export function changesOf(a: Contents, b: Contents): string {
  const names = new Set([...Object.keys(a.records), ...Object.keys(b.records)]);
  const differ = [...names].filter((key) => !isDeepStrictEqual(a.records[key], b.records[key]));
  const parts = [
    differ.length ? `${counted(differ.length, 'record')}, such as ${differ[0]}` : '',
    isDeepStrictEqual(a.rejects, b.rejects) ? '' : 'rejects',
    isDeepStrictEqual(a.golden, b.golden) ? '' : 'canonical records',
    isDeepStrictEqual(a.deleted, b.deleted) ? '' : 'deletions',
  ];
  return parts.filter(Boolean).join(', ');
}
