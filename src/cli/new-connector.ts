import type { Command } from 'commander';
import type { ProposedStream } from '../connector/discover.ts';
import type { NewConnector } from '../connector/skeleton.ts';
import type { Cli } from './cli.ts';

interface NewConnectorCommand {
  transport?: string;
  format?: string;
  sample?: string;
  stream?: string;
  title?: string;
}

const TRANSPORTS = ['sftp', 'folder', 'soap', 'http', 'sqlserver'] as const;
const FORMATS = ['csv', 'fixed_width', 'xml', 'json', 'bai2'] as const;

/** `interlocal new connector ID` */
export function registerNewConnector(cli: Cli, command: Command): void {
  command
    .command('connector')
    .argument('<id>', 'its name: lower-case words joined by -')
    .option('--transport <name>', TRANSPORTS.join(', '))
    .option('--format <name>', `for files and HTTP: ${FORMATS.join(', ')}; with --sample it is found out`)
    .option('--sample <file>', 'a sample file: streams, keys and types are proposed from it, and its beginning becomes the recording')
    .option('--stream <name>', 'what its stream is called')
    .option('--title <title>', 'its name for people')
    .description('Write a working connector with a README and a recording that certifies at once, to go on from.')
    .action(async (id: string, options: NewConnectorCommand) => {
      const folder = await newFolder(cli, id);
      const transport = await chosen(cli, 'transport', options.transport, TRANSPORTS, 'How is the system reached');
      const { files, notes } = await contents(cli, id, transport, options);
      const { mkdir, writeFile } = await import('node:fs/promises');
      const { dirname, join } = await import('node:path');
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), content);
      }
      const { writeRecords } = await import('../engine/certify/write-records.ts');
      await writeRecords(folder, transport === 'sqlserver' ? await (await import('./certify-tables.ts')).tablesPort() : undefined);
      const { readdir } = await import('node:fs/promises');
      const made = (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();
      cli.print({ connector: id, files: made, notes }, () =>
        [
          `Made the connector ${id}:`,
          '',
          ...made.map((file) => `  ${file}`),
          '',
          ...notes,
          ...(notes.length ? [''] : []),
          'What to do next:',
          '',
          `  1. Look through ${join(folder, 'connector.yaml')}: names, types and the key are proposals, with their evidence.`,
          `  2. Look through records.json: it says what the recording must read as.`,
          `  3. Fill in README.md.`,
          `  4. interlocal certify ${id} --offline`,
        ].join('\n'),
      );
    });
}

async function newFolder(cli: Cli, id: string): Promise<string> {
  const { existsSync } = await import('node:fs');
  const { join } = await import('node:path');
  const { ConfigError } = await import('../core/errors.ts');
  const folder = join(cli.project(), 'connectors', id);
  if (!/^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/.test(id) || id.length > 60)
    throw new ConfigError({
      code: 'VALUE_INVALID',
      place: { path: id },
      message: `"${id}" cannot be a connector's name.`,
      hint: 'Lower-case words joined by -, such as water-billing.',
    });
  if (existsSync(folder))
    throw new ConfigError({
      code: 'FOLDER_NOT_EMPTY',
      place: { file: folder },
      message: 'There is a connector of this name.',
      hint: 'Choose another name, or remove the folder.',
    });
  return folder;
}

/** The value of a flag, or what a person answers on a terminal. */
async function chosen<T extends string>(
  cli: Cli,
  flag: string,
  given: string | undefined,
  choices: readonly T[],
  question: string,
): Promise<T> {
  const { ConfigError, didYouMean } = await import('../core/errors.ts');
  let answer = given;
  if (answer === undefined && process.stdin.isTTY === true && !cli.json()) {
    const { createInterface } = await import('node:readline/promises');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    answer = (await terminal.question(`${question}? ${choices.map((c, i) => `${i + 1} ${c}`).join(', ')}: `)).trim();
    terminal.close();
    answer = choices[Number(answer) - 1] ?? answer;
  }
  const found = choices.find((c) => c === answer);
  if (found) return found;
  const meant = answer === undefined ? undefined : didYouMean(answer, choices);
  throw new ConfigError({
    code: 'USAGE',
    place: { path: `--${flag}` },
    message: answer === undefined ? `--${flag} is missing.` : `"${answer}" is no ${flag}.`,
    hint: meant ? `Did you mean ${meant}?` : `One of ${choices.join(', ')}.`,
  });
}

type Contents = Record<string, string | Buffer>;

async function contents(
  cli: Cli,
  id: string,
  transport: NewConnector['transport'],
  options: NewConnectorCommand,
): Promise<{ files: Contents; notes: string[] }> {
  const { manifestText, readmeText } = await import('../connector/skeleton.ts');
  const title = options.title ?? id.replaceAll('-', ' ').replace(/^./, (c) => c.toUpperCase());
  const finish = (
    streams: ProposedStream[],
    fixtures: Contents,
    notes: string[],
    more: NewConnector['options'] = {},
  ): { files: Contents; notes: string[] } => {
    if (options.stream) streams[0]!.name = options.stream;
    const made: NewConnector = { id, title, transport, streams, options: more };
    const placed = Object.fromEntries(
      Object.entries(fixtures).map(([name, content]) => [
        name.startsWith('../') ? `fixtures/${name.slice(3)}` : `fixtures/${streams[0]!.name}/${name}`,
        content,
      ]),
    );
    return { files: { 'connector.yaml': manifestText(made), 'README.md': readmeText(made), ...placed }, notes };
  };
  if (transport === 'soap') return soapContents(finish);
  if (transport === 'sqlserver') return tableContents(finish);
  const sample = await sampleOf(cli, transport, options);
  const { discoverFile } = await import('../connector/discover-file.ts');
  const stream = await discoverFile(sample.file, sample.bytes);
  if (transport === 'http') {
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
      sample.notes,
    );
  }
  return finish([stream], { [sample.file]: sample.bytes }, sample.notes);
}

/** The sample that was given, cut to its beginning, or an invented one. */
async function sampleOf(
  cli: Cli,
  transport: string,
  options: NewConnectorCommand,
): Promise<{ file: string; bytes: Buffer; notes: string[] }> {
  const { ConfigError } = await import('../core/errors.ts');
  if (options.sample === undefined) {
    const { SAMPLES } = await import('../connector/skeleton-samples.ts');
    const format = await chosen(
      cli,
      'format',
      options.format ?? (transport === 'http' ? 'json' : undefined),
      FORMATS,
      'How are its files written',
    );
    const { file, text } = SAMPLES[format];
    return {
      file,
      bytes: Buffer.from(text),
      notes: ['The recording is an invented one: put a real file, with nobody in it, in its place.'],
    };
  }
  const { readFile } = await import('node:fs/promises');
  const { basename } = await import('node:path');
  const { sampleStream } = await import('./discover.ts');
  const { cutSample } = await import('../connector/sample-cut.ts');
  const stream = await sampleStream(options.sample);
  const found = Object.keys(stream.decoder ?? {})[0];
  if (options.format !== undefined && options.format !== found)
    throw new ConfigError({
      code: 'USAGE',
      place: { path: '--format' },
      message: `The sample looks like ${found}, not ${options.format}.`,
      hint: 'Leave --format out, or look at interlocal discover --file.',
    });
  return {
    file: basename(options.sample),
    bytes: cutSample(await readFile(options.sample), stream),
    notes: [
      `The beginning of ${options.sample} was copied into fixtures/. It may hold what nobody else should see: replace names, addresses, numbers of people and accounts by invented ones before you hand the pack to anyone, then run certify with --write-records.`,
    ],
  };
}

type Finish = (
  streams: ProposedStream[],
  fixtures: Contents,
  notes: string[],
  more?: NewConnector['options'],
) => { files: Contents; notes: string[] };

async function soapContents(finish: Finish): Promise<ReturnType<Finish>> {
  const { SAMPLE_ANSWER, SAMPLE_WSDL } = await import('../connector/skeleton-samples.ts');
  const { discoverWsdl } = await import('../connector/discover-wsdl.ts');
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const folder = await mkdtemp(join(tmpdir(), 'new-connector-'));
  try {
    await writeFile(join(folder, 'service.wsdl'), SAMPLE_WSDL);
    const { streams, options } = await discoverWsdl('service.wsdl', folder);
    const exchanges = [{ request: { operation: 'GetPayments', body: { Page: '1', PageSize: '200' } }, answer: { file: 'page1.xml' } }];
    return finish(
      streams,
      { '../service.wsdl': SAMPLE_WSDL, 'exchanges.json': json(exchanges), 'page1.xml': SAMPLE_ANSWER },
      ['The service is an invented one: put the WSDL of yours into fixtures/, and take operations from interlocal discover --wsdl.'],
      options,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function tableContents(finish: Finish): Promise<ReturnType<Finish>> {
  const { SAMPLE_TABLE } = await import('../connector/skeleton-samples.ts');
  const stream: ProposedStream = {
    name: 'payments',
    description: 'Rows of PAYMENTS.',
    retriever: { query: { tables: ['PAYMENTS'] } },
    incremental: { cursor: 'RowVersion', kind: 'rowversion' },
    fields: [
      { name: 'Number', type: 'text', evidence: 'CHAR(10), the blanks that fill it are taken off' },
      { name: 'ReceivedOn', type: 'date', evidence: 'DATE' },
      { name: 'Account', type: 'text', evidence: 'CHAR(15)' },
      { name: 'Amount', type: 'decimal', evidence: 'NUMERIC(19,2)' },
      { name: 'RowVersion', type: 'text', required: true, evidence: 'ROWVERSION: every change moves it' },
    ],
    keys: [{ fields: ['Number'], evidence: 'the key of the table' }],
    evidence: [],
  };
  return finish([stream], { 'tables.json': json(SAMPLE_TABLE) }, [
    'The table is an invented one: interlocal discover CONNECTION proposes streams for your tables and views.',
  ]);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
