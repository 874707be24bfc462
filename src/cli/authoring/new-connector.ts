import type { Contents } from './finish.ts';
import type { Finish } from './finish.ts';
import type { Command } from 'commander';
import type { ProposedStream } from '../../authoring/discover/proposal.ts';
import type { Beginning } from '../../authoring/scaffold/beginning.ts';
import type { NewConnector } from '../../authoring/scaffold/skeleton.ts';
import type { SinkSkeleton } from '../../authoring/scaffold/skeleton-sinks.ts';
import { TRANSPORT_NAMES, transportOf } from '../../transports/transports.ts';
import { type Asker, askerOf, type Terminal } from '../ask.ts';
import type { Cli } from '../cli.ts';

interface NewConnectorCommand {
  transport?: string;
  format?: string;
  sample?: string;
  stream?: string;
  title?: string;
  sink?: string | true;
}

const FORMATS = ['csv', 'fixed_width', 'xml', 'json', 'xlsx', 'bai2'] as const;

/** `interlocal new connector ID` */
export function registerNewConnector(cli: Cli, command: Command, terminal?: Terminal): void {
  command
    .command('connector')
    .argument('[id]', 'its name: lower-case words joined by -; anything missing is asked for at a terminal')
    .option('--transport <name>', TRANSPORT_NAMES.join(', '))
    .option('--format <name>', `for files and HTTP: ${FORMATS.join(', ')}; with --sample it is detected`)
    .option(
      '--sample <file>',
      'a sample file, or the WSDL of a SOAP service: streams, keys and types are proposed from it, and its beginning becomes the recording',
    )
    .option('--stream <name>', 'name of its stream')
    .option('--title <title>', 'its name for people')
    .option('--sink [kind]', 'also add a sink, what can be written to it: a file, a request or a table, depending on the transport')
    .description('Write a working connector with a README and a recording, ready to certify and to build on.')
    .action(async (given: string | undefined, options: NewConnectorCommand) => {
      const asker = askerOf(cli, terminal);
      try {
        await make(cli, await answers(cli, asker, given, options));
      } finally {
        asker?.close();
      }
    });
}

interface Answers extends NewConnectorCommand {
  id: string;
  folder: string;
  transport: NewConnector['transport'];
}

/** What flags say, and where somebody can be asked, what they leave open. */
async function answers(cli: Cli, asker: Asker | undefined, given: string | undefined, options: NewConnectorCommand): Promise<Answers> {
  const { ConfigError } = await import('../../core/errors.ts');
  const { beginningOf } = await import('../../authoring/scaffold/beginning.ts');
  if (given === undefined && !asker)
    throw new ConfigError({
      code: 'USAGE',
      place: {},
      message: "The connector's name is missing.",
      hint: 'Run interlocal new connector ID --transport NAME, such as interlocal new connector water-billing --transport sftp. At a terminal it asks for what is missing.',
    });
  const id = given ?? (await asker!.line("The connector's name, such as acme-ledger", '', wrongName));
  const folder = await newFolder(cli, id);
  const isAsking = asker !== undefined && (given === undefined || options.transport === undefined);
  const transport = await chosen(asker, 'transport', options.transport, TRANSPORT_NAMES, 'How is the system reached?');
  const begins = beginningOf(transport);
  const { writes } = transportOf(transport);
  const more: NewConnectorCommand = { ...options };
  await refuseWhatIsOfNoUse(transport, options);
  if (isAsking && begins === 'wsdl' && more.sample === undefined) {
    const sample = await asker.line('The WSDL of the service (an address or a file; press Enter for an example)', '', () => undefined);
    if (sample) more.sample = sample;
  }
  if ((begins === 'files' || begins === 'answers') && more.sample === undefined && more.format === undefined) {
    const { existsSync } = await import('node:fs');
    const missing = (path: string): string | undefined => (path === '' || existsSync(path) ? undefined : `There is no file ${path}.`);
    const sample = await asker?.line('A sample of its data (a file; press Enter for an example)', '', missing);
    if (sample) more.sample = sample;
    else more.format = await chosen(asker, 'format', begins === 'answers' ? 'json' : undefined, FORMATS, 'How are its files written?');
  }
  const hasOwnWsdl = begins === 'wsdl' && more.sample !== undefined;
  if (isAsking && more.sink === undefined && !hasOwnWsdl && (await asker.yes(`Should Interlocal also write to it (a ${writes})?`)))
    more.sink = true;
  if (typeof more.sink === 'string' && more.sink !== writes)
    throw new ConfigError({
      code: 'USAGE',
      place: { path: '--sink' },
      message: `Over ${transport} a sink writes a ${writes}, not "${more.sink}".`,
      hint: `Write --sink ${writes}, or choose another transport.`,
    });
  return { ...more, id, folder, transport };
}

/** A flag that would change nothing must not look as if it had. */
async function refuseWhatIsOfNoUse(transport: NewConnector['transport'], { sample, format, sink }: NewConnectorCommand): Promise<void> {
  const { ConfigError } = await import('../../core/errors.ts');
  const begins = (await import('../../authoring/scaffold/beginning.ts')).beginningOf(transport);
  const refuse = (path: string, message: string, hint: string): never => {
    throw new ConfigError({ code: 'USAGE', place: { path }, message, hint });
  };
  if (begins === 'tables' && sample !== undefined)
    refuse(
      '--sample',
      'A database is not read from a file.',
      'Leave --sample out; interlocal discover CONNECTION proposes streams for its tables and views.',
    );
  if ((begins === 'tables' || begins === 'wsdl') && format !== undefined)
    refuse('--format', `Over ${transport} there are no files, so no format can be given.`, 'Leave --format out.');
  if (begins === 'wsdl' && sample !== undefined && sink !== undefined)
    refuse(
      '--sink',
      'The sink written here is only an example, and your WSDL does not have its operation.',
      'Leave --sink out, and write the sink by docs/vendor-guide.md: Writing to a system.',
    );
}

async function make(cli: Cli, options: Answers): Promise<void> {
  const { id, folder, transport } = options;
  const { files, notes } = await contents(id, transport, options);
  const { dirname, join } = await import('node:path');
  await whole(folder, async (begun) => {
    const { writeFile } = await import('node:fs/promises');
    const { makeFolder } = await import('../../core/make-folder.ts');
    for (const [name, content] of Object.entries(files)) {
      const file = join(begun, name);
      await makeFolder(dirname(file));
      // A write names no file when it fails.
      await writeFile(file, content).catch((error: unknown) => {
        throw Object.assign(error as Error, { path: join(folder, name) });
      });
    }
    const { writeRecords } = await import('../../authoring/certify/write-records.ts');
    const { tablesFor } = await import('./certify-servers.ts');
    await writeRecords(begun, await tablesFor(transport), (text) => notes.push(text));
  });
  const { readdir } = await import('node:fs/promises');
  const made = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  cli.print('new connector', { connector: id, files: made, notes }, () =>
    [
      `Created the connector ${id}:`,
      '',
      ...made.map((file) => `  ${file}`),
      '',
      ...notes,
      ...(notes.length ? [''] : []),
      'Next steps:',
      '',
      `  1. Review ${join(folder, 'connector.yaml')}: names, types and the key are proposals, with their evidence.`,
      `  2. Review records.json: it says what the recording must read as.`,
      `  3. Fill in README.md.`,
      `  4. interlocal certify ${id} --offline`,
    ].join('\n'),
  );
}

/** Makes a folder elsewhere and moves it to its place once all of it is there: what failed or was killed leaves no half connector. */
async function whole(folder: string, fill: (begun: string) => Promise<void>): Promise<void> {
  const { mkdtemp, rename, rm } = await import('node:fs/promises');
  const { makeFolder } = await import('../../core/make-folder.ts');
  const { basename, dirname, join } = await import('node:path');
  await makeFolder(dirname(folder));
  const parent = await mkdtemp(join(dirname(folder), '.new-'));
  try {
    await fill(join(parent, basename(folder)));
    await rename(join(parent, basename(folder)), folder);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

function wrongName(id: string): string | undefined {
  return /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/.test(id) && id.length <= 60 ? undefined : `"${id}" cannot be a connector's name.`;
}

async function newFolder(cli: Cli, id: string): Promise<string> {
  const { existsSync } = await import('node:fs');
  const { join } = await import('node:path');
  const { ConfigError } = await import('../../core/errors.ts');
  const folder = join(cli.project(), 'connectors', id);
  const wrong = wrongName(id);
  if (wrong)
    throw new ConfigError({
      code: 'VALUE_INVALID',
      place: { path: id },
      message: wrong,
      hint: 'Use lower-case words joined by -, such as water-billing.',
    });
  if (existsSync(folder))
    throw new ConfigError({
      code: 'FOLDER_NOT_EMPTY',
      place: { file: folder },
      message: 'A connector of this name already exists.',
      hint: 'Choose another name, or remove the folder.',
    });
  return folder;
}

/** The value of a flag, or what a person answers on a terminal. */
async function chosen<T extends string>(
  asker: Asker | undefined,
  flag: string,
  answer: string | undefined,
  choices: readonly T[],
  question: string,
): Promise<T> {
  if (answer === undefined && asker) return asker.choose(question, choices);
  const { ConfigError, didYouMean } = await import('../../core/errors.ts');
  const found = choices.find((c) => c === answer);
  if (found) return found;
  const meant = answer === undefined ? undefined : didYouMean(answer, choices);
  throw new ConfigError({
    code: 'USAGE',
    place: { path: `--${flag}` },
    message: answer === undefined ? `--${flag} is missing.` : `"${answer}" is not a known ${flag}.`,
    hint: meant ? `Did you mean ${meant}?` : `One of ${choices.join(', ')}.`,
  });
}

async function contents(id: string, transport: NewConnector['transport'], options: Answers): Promise<{ files: Contents; notes: string[] }> {
  const { beginningOf } = await import('../../authoring/scaffold/beginning.ts');
  const { manifestText, readmeText } = await import('../../authoring/scaffold/skeleton.ts');
  const { ConfigError } = await import('../../core/errors.ts');
  const written = options.sink === undefined ? undefined : await sinkContents(transport, options.format);
  const title = options.title ?? id.replaceAll('-', ' ').replace(/^./, (c) => c.toUpperCase());
  const finish = (
    streams: ProposedStream[],
    fixtures: Contents,
    notes: string[],
    more: Partial<Pick<NewConnector, 'options' | 'transportOptions' | 'open'>> = {},
  ): { files: Contents; notes: string[] } => {
    if (streams.slice(1).some(({ name }) => name === options.stream))
      throw new ConfigError({
        code: 'USAGE',
        place: { path: '--stream' },
        message: `Another stream of the sample is called ${options.stream}.`,
        hint: `The first, ${streams[0]!.name}, needs its own name.`,
      });
    if (options.stream) streams[0]!.name = options.stream;
    const made: NewConnector = { id, title, transport, streams, options: {}, ...more, sink: written?.skeleton };
    const placed = Object.fromEntries(
      Object.entries(fixtures).map(([name, content]) => [
        name.startsWith('../') ? `fixtures/${name.slice(3)}` : `fixtures/${streams[0]!.name}/${name}`,
        content,
      ]),
    );
    const all = [...notes, ...(written ? [written.note] : [])];
    return { files: { 'connector.yaml': manifestText(made), 'README.md': readmeText(made), ...placed, ...written?.files }, notes: all };
  };
  const begins = beginningOf(transport);
  if (begins === 'wsdl') return (await import('./new-connector-soap.ts')).soapContents(finish, options.sample);
  if (begins === 'tables') return tableContents(finish);
  const sample = await sampleOf(begins, options);
  const { discoverFile } = await import('../../authoring/discover/file.ts');
  // By the whole sample: what differs in twenty lines may be equal in a thousand, and the recording leaves out other sheets and files.
  const stream = sample.whole ?? (await discoverFile(sample.file, sample.bytes));
  if (begins === 'answers') {
    const { basename } = await import('node:path');
    const path = `/${stream.name}`;
    stream.retriever = { request: { path } };
    stream.description = `GET ${path} below the connection's base_url.`;
    const file = basename(sample.file);
    const type = stream.decoder?.['xml'] ? 'text/xml' : stream.decoder?.['csv'] ? 'text/csv' : 'application/json';
    return finish(
      [stream],
      {
        'exchanges.json': json([{ request: { method: 'GET', path }, answer: { headers: { 'content-type': type }, file } }]),
        [file]: sample.bytes,
      },
      [
        ...sample.notes,
        `One answer does not show how the interface pages: once a connection is in config/connections.yaml, interlocal discover CONNECTION --path ${path} asks for a second page.`,
      ],
    );
  }
  return finish([stream], { [sample.file]: sample.bytes }, sample.notes);
}

/** The sample that was given, cut to its beginning, or an invented one. */
async function sampleOf(
  begins: Beginning,
  options: NewConnectorCommand,
): Promise<{ file: string; bytes: Buffer; notes: string[]; whole?: ProposedStream }> {
  const { ConfigError } = await import('../../core/errors.ts');
  if (options.sample === undefined) {
    const { SAMPLES, sampleWorkbook } = await import('../../authoring/scaffold/skeleton-samples.ts');
    const format = await chosen(undefined, 'format', options.format ?? (begins === 'answers' ? 'json' : undefined), FORMATS, '');
    return {
      ...(format === 'xlsx' ? sampleWorkbook() : { file: SAMPLES[format].file, bytes: Buffer.from(SAMPLES[format].text) }),
      notes: ['The recording is only an example: replace it with a real file without personal data.'],
    };
  }
  const { readFile } = await import('node:fs/promises');
  const { basename } = await import('node:path');
  const { sampleStream } = await import('./discover.ts');
  const { cutSample } = await import('../../authoring/scaffold/sample-cut.ts');
  const stream = await sampleStream(options.sample);
  const found = Object.keys(stream.decoder ?? {})[0];
  if (begins === 'answers' && (stream.retriever['files'] as { unpack?: unknown }).unpack !== undefined)
    throw new ConfigError({
      code: 'USAGE',
      place: { path: '--sample' },
      message: 'The sample is packed (gzip or ZIP), but answers over HTTP are read as they come.',
      hint: 'Unpack the sample and name the unpacked file with --sample. What a server compresses only for the transfer (content-encoding) is unpacked by itself.',
    });
  if (options.format !== undefined && options.format !== found)
    throw new ConfigError({
      code: 'USAGE',
      place: { path: '--format' },
      message: `The sample looks like ${found}, not ${options.format}.`,
      hint: 'Leave --format out, or try interlocal discover --file.',
    });
  return {
    whole: stream,
    file: basename(options.sample),
    bytes: await cutSample(basename(options.sample), await readFile(options.sample), stream),
    notes: [
      `The beginning of ${options.sample} was copied into fixtures/. It may contain personal data: replace names, addresses, and the numbers of people and accounts with made-up ones before you share the pack, then run certify with --write-records.`,
    ],
  };
}

/** The sink with its recordings. */
async function sinkContents(
  transport: NewConnector['transport'],
  format: string | undefined,
): Promise<{ skeleton: SinkSkeleton; files: Contents; note: string }> {
  const { sinkSkeleton } = await import('../../authoring/scaffold/skeleton-sinks.ts');
  const { writes } = transportOf(transport);
  const writable = format === 'fixed_width' || format === 'xml' || format === 'json' ? format : 'csv';
  const skeleton = sinkSkeleton(transport, writable);
  const note = `The sink ${skeleton.name} is only an example: describe what the system accepts${writes === 'file' ? ', and put a file that it accepted next to its records.json' : ', and record what it answered'}.`;
  const folder = `fixtures/${skeleton.name}`;
  const recorded = { [`${folder}/records.json`]: json(skeleton.recorded) };
  for (const [file, value] of Object.entries(skeleton.answered)) recorded[`${folder}/${file}`] = json(value);
  if (writes !== 'file') return { skeleton, files: recorded, note };
  const { renderSink } = await import('../../connector/sink/sink.ts');
  const { context, records } = skeleton.recorded;
  const { name, bytes } = await renderSink(skeleton.config, records, { ...context, variables: { 'options.outbox': 'outbox' } });
  return { skeleton, files: { ...recorded, [`${folder}/${name}`]: Buffer.from(bytes) }, note };
}

async function tableContents(finish: Finish): Promise<ReturnType<Finish>> {
  const { SAMPLE_TABLE } = await import('../../authoring/scaffold/skeleton-samples.ts');
  const stream: ProposedStream = {
    name: 'payments',
    description: 'Rows of PAYMENTS.',
    retriever: { query: { tables: ['PAYMENTS'] } },
    incremental: { cursor: 'RowVersion', kind: 'rowversion' },
    fields: [
      { name: 'Number', type: 'text', evidence: 'CHAR(10), padding blanks are removed' },
      { name: 'ReceivedOn', type: 'date', evidence: 'DATE' },
      { name: 'Account', type: 'text', evidence: 'CHAR(15)' },
      { name: 'Amount', type: 'decimal', evidence: 'NUMERIC(19,2)' },
      { name: 'RowVersion', type: 'text', required: true, evidence: 'ROWVERSION: changes with every update' },
    ],
    keys: [{ fields: ['Number'], evidence: 'the key of the table' }],
    evidence: [],
  };
  return finish([stream], { 'tables.json': json(SAMPLE_TABLE) }, [
    'The table is only an example: interlocal discover CONNECTION proposes streams for your tables and views.',
  ]);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
