import type { Discovery } from '../../authoring/discover/proposal.ts';
import type { Cli } from '../cli.ts';

interface DiscoverCommand {
  file?: string;
  wsdl?: string;
  path?: string;
  table?: string[];
}

/** `interlocal discover [CONNECTION | --file FILE | --wsdl URL]` */
export function registerDiscover(cli: Cli): void {
  cli.program
    .command('discover')
    .argument('[connection]', 'a connection of this town, to examine its files, service or database')
    .option('--file <file>', 'a sample file')
    .option('--wsdl <address>', 'the WSDL of a SOAP service: an address or a file')
    .option('--path <path>', 'with an HTTP connection: what to ask for; with a folder: where to look')
    .option('--table <tables...>', 'with a database: only these tables and views')
    .description('Examine a sample and propose streams, keys and types with the evidence for them, as YAML to paste into a connector.')
    .action(async (connection: string | undefined, options: DiscoverCommand) => {
      const discovery = await discover(cli, connection, options);
      const { discoveryYaml } = await import('../../authoring/discover/yaml.ts');
      cli.setExit(discovery.streams.length ? 0 : 1);
      cli.print('discover', { discovery }, () => discoveryYaml(discovery));
    });
}

async function discover(cli: Cli, connection: string | undefined, options: DiscoverCommand): Promise<Discovery> {
  const { ConfigError } = await import('../../core/errors.ts');
  const given = [connection, options.file, options.wsdl].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new ConfigError({
      code: 'USAGE',
      place: {},
      message:
        given.length === 0
          ? 'The command does not say what to examine.'
          : 'The command names several things to examine, but can only take one.',
      hint: 'Name one: a connection, --file FILE or --wsdl ADDRESS.',
    });
  if (options.file !== undefined) return { source: options.file, streams: [await sampleStream(options.file)], options: {}, notes: [] };
  if (options.wsdl !== undefined) {
    const { discoverWsdl } = await import('../../authoring/discover/wsdl.ts');
    return discoverWsdl(options.wsdl, process.cwd());
  }
  const { openProject } = await import('../../config/load.ts');
  const { knownTransports } = await import('../../transports/transports.ts');
  const { discoverConnection } = await import('../../authoring/discover/service.ts');
  const { didYouMean } = await import('../../core/errors.ts');
  const project = await openProject(cli.project(), { transports: await knownTransports() });
  if (!project.connections[connection!]) {
    const known = Object.keys(project.connections);
    const meant = didYouMean(connection!, known);
    throw new ConfigError({
      code: 'CONNECTION_UNKNOWN',
      place: { path: connection! },
      message: `There is no connection "${connection}".`,
      hint: meant ? `Did you mean ${meant}?` : `Known: ${known.join(', ') || 'none yet'}. For a sample file use --file.`,
    });
  }
  return discoverConnection(project, connection!, { path: options.path, tables: options.table, signal: cli.signal });
}

/** The stream that a sample file proposes; at most its first 16 MB are looked at. */
export async function sampleStream(path: string): Promise<Discovery['streams'][number]> {
  const { open } = await import('node:fs/promises');
  const { basename } = await import('node:path');
  const { ConfigError } = await import('../../core/errors.ts');
  const { discoverFile } = await import('../../authoring/discover/file.ts');
  const { whyNotRead } = await import('../../core/file-error.ts');
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError({
      code: 'FILE_UNREADABLE',
      place: { file: path },
      message: `The file cannot be read: ${whyNotRead(error)}.`,
      hint: 'Name a file that this account can read.',
    });
  });
  try {
    const stat = await file.stat();
    // A folder can be opened; only reading it fails.
    if (stat.isDirectory())
      throw new ConfigError({
        code: 'FILE_UNREADABLE',
        place: { file: path },
        message: 'This is a folder, but a sample must be a file.',
        hint: 'Name one of the files in it.',
      });
    const { size } = stat;
    const bytes = Buffer.alloc(Math.min(size, MAX_BYTES));
    await file.read(bytes, 0, bytes.length, 0);
    return await discoverFile(basename(path), bytes, size > MAX_BYTES);
  } finally {
    await file.close();
  }
}

const MAX_BYTES = 16_000_000;
