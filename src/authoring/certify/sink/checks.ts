import { counted } from '../../../core/text/counted.ts';
import type { ConnectorConfig, SinkConfig, UnpackStep } from '../../../config/schema/connector.ts';
import { fails, holds, type Verdict } from '../finding.ts';
import type { SinkFixture } from '../recordings/sink-fixtures.ts';
import { encodedRows, problemsOfRecord, type RenderedFile, renderSink } from '../../../connector/sink/sink.ts';
import type { Variables } from '../../../connector/template.ts';
import { RecordError } from '../../../core/errors.ts';
import type { Values } from '../../../core/record.ts';
import { decodeWith } from '../../../formats/formats.ts';
import { saidOf } from '../reading.ts';
import type { SinkSetup } from './bench.ts';

/** What the checks of a sink work with. */
export interface SinkContext {
  connector: ConnectorConfig;
  name: string;
  sink: SinkConfig;
  /** What undoes how its files are packed. */
  unpack: readonly UnpackStep[];
  fixture: SinkFixture;
  variables: Variables;
  /** For benches: options and secrets of the connection. */
  setup: Pick<SinkSetup, 'options' | 'secrets'>;
}

export interface SinkCheck {
  check: string;
  title: string;
  run(context: SinkContext): Promise<Verdict>;
}

/** What must be true of a file that is written for another system. */
export const SINK_CHECKS: readonly SinkCheck[] = [
  { check: 'recording', title: 'The records are written as recorded, byte for byte', run: recording },
  { check: 'round_trip', title: 'What was written reads back and writes the same', run: roundTrip },
  { check: 'replay', title: 'Writing again gives the same bytes', run: replay },
  { check: 'twice_in_one', title: 'One record twice in one file is refused', run: twiceInOne },
  { check: 'required', title: 'A record without a required value is refused', run: required },
  { check: 'too_wide', title: 'A value that does not fit is refused, not cut', run: tooWide },
];

function render({ sink, fixture, variables }: SinkContext, records: readonly Values[] = fixture.records): Promise<RenderedFile> {
  return renderSink(sink, records, { ...fixture.context, variables });
}

async function recording(context: SinkContext): Promise<Verdict> {
  const { file } = context.fixture;
  if (!context.sink.target.file) return undefined;
  const written = await render(context);
  if (!file)
    return fails(
      `There is no file to compare with; it writes ${written.name}, ${written.bytes.length} bytes.`,
      'Put the file that the system accepted into the recording.',
    );
  if (file.name !== written.name)
    return fails(
      `The file is written as ${written.name}, but the recorded file is called ${file.name}.`,
      'Correct target.file.name, or the date and sequence in records.json.',
    );
  const at = file.bytes.findIndex((byte, i) => byte !== written.bytes[i]);
  if (at < 0 && file.bytes.length === written.bytes.length)
    return holds(`${written.name}: ${counted(written.count, 'record')}, ${written.bytes.length} bytes.`);
  const offset = at < 0 ? file.bytes.length : at;
  const line = file.bytes.subarray(0, offset).toString('latin1').split('\n').length;
  const lineOf = (bytes: Uint8Array): string => JSON.stringify(Buffer.from(bytes).toString('latin1').split('\n')[line - 1] ?? '(nothing)');
  return fails(
    `${written.name} differs in line ${line}: written ${lineOf(written.bytes)}, recorded ${lineOf(file.bytes)}.`,
    'Correct encoder or rows of the sink in the connector, or the recorded file if that is wrong.',
  );
}

async function roundTrip(context: SinkContext): Promise<Verdict> {
  const { sink } = context;
  if (!sink.encoder) return undefined;
  const written = await render(context);
  const rows: Values[] = [];
  for await (const list of decodeWith(sink.encoder!, pieces(written.bytes), { file: written.name }))
    for (const record of list) {
      if (record.problem)
        return fails(
          `Line ${record.line ?? record.number} does not read back: ${record.problem.message}`,
          'Correct encoder of the sink in the connector.',
        );
      rows.push(record.values);
    }
  return Buffer.from(await encodedRows(sink, rows, written.name)).equals(Buffer.from(written.bytes))
    ? holds(`${counted(rows.length, 'row')}.`)
    : fails('What was read back writes another file.', 'Check pad, strip and decimals of the fields.');
}

async function replay(context: SinkContext): Promise<Verdict> {
  if (!context.sink.encoder) return undefined;
  const [first, second] = [await render(context), await render(context)];
  return first.name === second.name && Buffer.from(first.bytes).equals(Buffer.from(second.bytes))
    ? holds('The same name and the same bytes: sending it again can be recognized.')
    : fails('Written a second time, the file is different.', 'Report this.');
}

async function twiceInOne(context: SinkContext): Promise<Verdict> {
  if (!context.sink.encoder) return undefined;
  const [first] = context.fixture.records;
  return refusal(context, [...context.fixture.records, first!], 'The first record twice');
}

async function required(context: SinkContext): Promise<Verdict> {
  const names = Object.entries(context.sink.schema.fields).flatMap(([name, f]) =>
    'required' in f && f.required && !name.includes('.') ? [name] : [],
  );
  for (const name of names) {
    const verdict = await refusal(
      context,
      [{ ...context.fixture.records[0]!, [name]: null }, ...context.fixture.records.slice(1)],
      `Without ${name}`,
    );
    if (verdict?.state === 'failed') return verdict;
  }
  return names.length ? holds(`Refused without ${names.slice(0, 6).join(', ')}${names.length > 6 ? ' …' : ''}.`) : undefined;
}

async function tooWide(context: SinkContext): Promise<Verdict> {
  if (!context.sink.encoder?.fixed_width) return undefined;
  let tried = 0;
  for (const [name, value] of Object.entries(context.fixture.records[0]!)) {
    if (typeof value !== 'string' || !/^[A-Za-z ]+$/.test(value)) continue;
    tried++;
    const verdict = await refusal(
      context,
      [{ ...context.fixture.records[0]!, [name]: 'W'.repeat(500) }, ...context.fixture.records.slice(1)],
      `${name} of 500 letters`,
    );
    if (verdict?.state === 'failed') return verdict;
  }
  return tried ? holds(`Refused for ${counted(tried, 'field')} tried.`) : undefined;
}

async function refusal(context: SinkContext, records: readonly Values[], what: string): Promise<Verdict> {
  try {
    if (context.sink.encoder) await render(context, records);
    else {
      const problems = records.flatMap((values, i) => problemsOfRecord(context.sink, values, { record: i + 1 }));
      if (problems.length) throw new RecordError(problems);
    }
  } catch (error) {
    if (error instanceof RecordError) return holds(`${what}: ${saidOf(error.problems)}`);
    throw error;
  }
  return fails(`${what} was written anyway.`, 'Check required, idempotency_key and the widths in the sink.');
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
