import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { fillText, optionVariables } from '../../../src/connector/template.ts';
import { defaultsOf } from '../../../src/authoring/certify/recordings/fixtures.ts';
import { openBench, plainFields } from '../../../src/authoring/certify/bench.ts';
import { goodOf, readBytes } from '../../../src/authoring/certify/reading.ts';
import { applyChanges, changesOf } from '../mutations.ts';
import { packFiles, type StreamFile } from '../pack-files.ts';
import { refusal } from '../attempt.ts';
import { Fault, subject, type Subject, type Verdict } from '../subject.ts';

interface Input {
  file: StreamFile;
  bytes: Buffer;
}

/** Changed files through a real run of a town: what is in the store is what the file reads as, and of a refused file nothing. */
export async function engineSubject(weight: number, tokens: readonly string[]): Promise<Subject> {
  const files = (await packFiles()).filter((f) => f.bytes.length > 0);
  return subject<Input>({
    name: 'engine',
    weight,
    inputs: fc
      .record({ file: fc.constantFrom(...files), changes: changesOf(tokens) })
      // Every record goes through the store: large files would only take time.
      .map(({ file, changes }): Input => ({ file, bytes: applyChanges(file.bytes, changes).subarray(0, 60_000) })),
    attempt,
    bytesOf: ({ bytes }) => bytes,
    about: ({ file }) => file.name,
  });
}

async function attempt({ file, bytes }: Input): Promise<Verdict> {
  const options = { ...defaultsOf(file.connector), ...file.options, path: 'source' };
  const { stream } = file;
  const files = stream.retriever.files!;
  const filled = { ...stream, retriever: { files: { ...files, pattern: fillText(files.pattern, optionVariables(options)) } } };
  const reading = await readBytes(filled, file.file, bytes, optionVariables(options));
  const original = await readBytes(filled, file.file, file.bytes, optionVariables(options));
  const bench = await openBench({
    connector: { ...file.connector, transport: 'folder', transport_options: {} },
    stream: file.streamName,
    options,
    fields: plainFields(
      stream,
      goodOf(original).map((r) => r.values),
    ),
  });
  try {
    await bench.put(file.file, bytes);
    const run = await bench.run();
    const contents = await bench.contents();
    const stored = Object.keys(contents.records).length;
    if (reading.refused) {
      if (run.outcome !== 'failed') throw new Fault(`The file is refused, and the run says ${run.outcome}.`);
      const landed = Number((await bench.knex('il_landed').count({ n: '*' }))[0]!['n']);
      if (landed + stored + contents.golden.length + contents.rejects.length > 0)
        throw new Fault(
          `Of a refused file there are ${landed} landed records, ${contents.golden.length} golden ones, ${contents.rejects.length} rejects.`,
        );
      return refusal(reading.refused);
    }
    const aside = reading.records.filter((r) => r.problem);
    // Reading alone does not know that a record which is taken back never came.
    const unknown = stream.deletes?.unknown === 'reject' ? contents.rejects.filter((r) => r.endsWith(' DELETION_UNKNOWN')).length : 0;
    const rejected = aside.length + unknown;
    if (run.outcome !== (rejected ? 'partial' : 'succeeded'))
      throw new Fault(`${rejected} records are rejected, and the run says ${run.outcome}: ${JSON.stringify(run.problems).slice(0, 500)}`);
    if (run.counts.read !== reading.records.length || run.counts.rejected !== rejected)
      throw new Fault(`${reading.records.length} records, ${rejected} rejected; the run says ${JSON.stringify(run.counts)}.`);
    const again = await bench.run();
    if (again.counts.created + again.counts.changed + again.counts.deleted > 0)
      throw new Fault(`Run again it changes something: ${JSON.stringify(again.counts)}.`);
    if (!isDeepStrictEqual(await bench.contents(), contents)) throw new Fault('Run again the store has something else.');
    return { state: aside.length ? 'rejected' : 'read', codes: [...new Set(aside.map((r) => r.problem!.code))] };
  } finally {
    await bench.close();
  }
}
