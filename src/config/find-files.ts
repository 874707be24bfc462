import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { didYouMean } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { whyNotRead } from '../core/file-error.ts';

/** A file of a town's folder or of the packs, read as text. */
export interface TextFile {
  /** The name that it must give itself: of a connector its folder's, otherwise the file's without its ending. */
  name: string;
  /** As people are shown it: relative in the town's folder, absolute in the packs. */
  shown: string;
  text: string;
  /** From the packs shipped with Interlocal. */
  shipped: boolean;
  /** The connector whose folder a mapping or lookup is in: it may speak of that connector alone. */
  pack?: string;
}

/** Where `add` moves a connector's folder while it puts another in its place. Read as long as that has not happened. */
export function replacedFolder(connector: string): string {
  return `.replaced-${connector}`;
}

export interface ProjectFiles {
  connectors: TextFile[];
  mappings: TextFile[];
  lookups: TextFile[];
  pipelines: TextFile[];
  model: TextFile[];
  /** What `identity train` estimated, by entity. The town's own alone. */
  identityParameters: TextFile[];
  problems: Problem[];
}

/** Reads every configuration file below a town's folder; from the packs those that the town has none of the same name of. */
export async function findFiles(folder: string, packsFolder: string | undefined): Promise<ProjectFiles> {
  const problems: Problem[] = [];
  const both = async (read: (root: string, shipped: boolean) => Promise<TextFile[]>): Promise<TextFile[]> => {
    const own = await read(folder, false);
    if (!packsFolder) return own;
    const names = new Set(own.map((file) => file.name));
    return [...own, ...(await read(packsFolder, true)).filter((file) => !names.has(file.name))];
  };
  const plain = (below: string, ending: string) => (root: string, shipped: boolean) => readPlain(root, below, ending, shipped, problems);
  /** What the folder itself has, and what its connectors bring along; the folder's own file of a name is used. */
  const withPacks =
    (below: string, ending: string, fit: (connector: string) => RegExp, start: string) =>
    async (root: string, shipped: boolean): Promise<TextFile[]> => {
      const own = await readPlain(root, below, ending, shipped, problems);
      const brought = await readBrought(root, below, ending, shipped, problems);
      const taken = new Map(own.map((file) => [file.name, file]));
      for (const file of brought) {
        const other = taken.get(file.name);
        if (!fit(file.pack!).test(file.name)) problems.push(misnamed(file, `${start}${file.pack}`, ending));
        else if (!other) taken.set(file.name, file);
        else if (other.pack !== undefined) problems.push(broughtTwice(file, other));
      }
      return [...taken.values()];
    };
  const [connectors, mappings, lookups, pipelines, model, identityParameters] = await Promise.all([
    both((root, shipped) => readConnectors(root, shipped, problems)),
    both(withPacks('mappings', '.yaml', (connector) => new RegExp(`^[a-z_]+\\.from-${connector}(-[a-z0-9-]+)?$`), 'ENTITY.from-')),
    both(withPacks('mappings/lookups', '.csv', (connector) => new RegExp(`^${connector}(-[a-z0-9-]+)?$`), '')),
    plain('pipelines', '.yaml')(folder, false),
    both(plain('config/model', '.yaml')),
    plain('config/identity', '.yaml')(folder, false),
  ]);
  problems.push(...(await misnamedConfig(folder)));
  return { connectors, mappings, lookups, pipelines, model, identityParameters, problems };
}

/** Reads one file below the folder; undefined when there is none. Not UTF-8: a problem and an empty text. */
export async function readText(
  root: string,
  path: string,
  problems: Problem[],
  shipped = false,
): Promise<{ shown: string; text: string } | undefined> {
  const shown = shownPath(root, path, shipped);
  let bytes: Buffer;
  try {
    bytes = await readFile(join(root, path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    problems.push({
      code: 'FILE_UNREADABLE',
      place: { file: shown },
      message: `this file cannot be read: ${whyNotRead(error)}.`,
      hint: 'Check that it is a file, and that the account that runs Interlocal may read it.',
    });
    return undefined;
  }
  try {
    return { shown, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    const line = firstLineNotUtf8(bytes);
    problems.push({
      code: 'FILE_ENCODING',
      place: { file: shown, line, column: 1 },
      message: 'this line has characters that are not UTF-8, so the file cannot be read.',
      hint: 'Save the file again as UTF-8 (in Excel: "CSV UTF-8").',
    });
    return undefined;
  }
}

async function readPlain(root: string, below: string, ending: string, shipped: boolean, problems: Problem[]): Promise<TextFile[]> {
  const names = await namesIn(join(root, below));
  const read = names.flatMap((name) => {
    if (name.startsWith('.')) return [];
    if (ending === '.yaml' && name.endsWith('.yml')) {
      const shown = shownPath(root, `${below}/${name}`, shipped);
      problems.push({
        code: 'NAME_MISMATCH',
        place: { file: shown },
        message: 'This file is not read, because its name ends in .yml.',
        hint: `Rename it to ${name.slice(0, -4)}.yaml.`,
      });
    }
    return name.endsWith(ending) ? [readOne(root, `${below}/${name}`, name.slice(0, -ending.length), shipped, problems)] : [];
  });
  return (await Promise.all(read)).filter((file) => file !== undefined);
}

/** Each connector of a town with the name of its folder below connectors/, which may be one that `add` has moved aside. */
export async function connectorFolders(root: string): Promise<[connector: string, folder: string][]> {
  const names = await namesIn(join(root, 'connectors'), true, /^(?:\.(?!replaced-)|_)/);
  const start = replacedFolder('');
  return names.flatMap((name): [string, string][] => {
    if (!name.startsWith(start)) return [[name, name]];
    const connector = name.slice(start.length);
    return names.includes(connector) ? [] : [[connector, name]];
  });
}

/** Mappings or lookups that are in the folders of connectors. */
async function readBrought(root: string, below: string, ending: string, shipped: boolean, problems: Problem[]): Promise<TextFile[]> {
  const read = (await connectorFolders(root)).map(async ([pack, folder]) =>
    (await readPlain(root, `connectors/${folder}/${below}`, ending, shipped, problems)).map((file) => ({ ...file, pack })),
  );
  return (await Promise.all(read)).flat();
}

function misnamed(file: TextFile, start: string, ending: string): Problem {
  return {
    code: 'NAME_MISMATCH',
    place: { file: file.shown },
    message:
      'The name of a mapping or lookup in the folder of a connector must start with the name of the connector, so that two connectors do not collide.',
    hint: `Rename it to ${start}${ending} or ${start}-….`,
  };
}

function broughtTwice(file: TextFile, other: TextFile): Problem {
  return {
    code: 'KEY_DUPLICATE',
    place: { file: file.shown },
    message: `This file and ${other.shown} have the same name, so it is not known which one is meant.`,
    hint: 'Remove one of the two files, or put the one that is to be used into mappings/.',
  };
}

async function readConnectors(root: string, shipped: boolean, problems: Problem[]): Promise<TextFile[]> {
  const read = (await connectorFolders(root)).map(async ([name, folder]) => {
    const path = `connectors/${folder}/connector.yaml`;
    const before = problems.length;
    const file = await readOne(root, path, name, shipped, problems);
    if (!file && problems.length === before && !shipped)
      problems.push({
        code: 'FILE_MISSING',
        place: { file: shownPath(root, path, shipped) },
        message: 'this folder below connectors/ has no connector.yaml, so it is no connector.',
        hint: 'Put connector.yaml into it, or remove the folder.',
      });
    return file;
  });
  return (await Promise.all(read)).filter((file) => file !== undefined);
}

async function readOne(root: string, path: string, name: string, shipped: boolean, problems: Problem[]): Promise<TextFile | undefined> {
  const read = await readText(root, path, problems, shipped);
  return read && { name, shipped, ...read };
}

/** connection.yaml next to interlocal.yaml would silently be no configuration at all. */
async function misnamedConfig(folder: string): Promise<Problem[]> {
  const known = ['interlocal.yaml', 'connections.yaml', 'connections.local.yaml'];
  return (await namesIn(join(folder, 'config'))).flatMap((name) => {
    const meant = /\.ya?ml$/.test(name) && !known.includes(name) ? didYouMean(name, known) : undefined;
    return meant
      ? [
          {
            code: 'NAME_MISMATCH',
            place: { file: `config/${name}` },
            message: 'a file of this name is not read.',
            hint: `Did you mean ${meant}?`,
          },
        ]
      : [];
  });
}

/** Sorted names; nothing for a folder that is not there. */
async function namesIn(folder: string, foldersOnly = false, but = /^[._]/): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    // A link may lead to a folder; what it leads to is found out by reading.
    return entries
      .filter((e) => (foldersOnly ? (e.isDirectory() || e.isSymbolicLink()) && !but.test(e.name) : !e.isDirectory()))
      .map((e) => e.name)
      .sort();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

function shownPath(root: string, path: string, shipped: boolean): string {
  return shipped ? join(root, path) : relative(root, join(root, path)).split(sep).join('/');
}

function firstLineNotUtf8(bytes: Buffer): number {
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(10); ; end = bytes.indexOf(10, start)) {
    const part = bytes.subarray(start, end < 0 ? bytes.length : end);
    if (!Buffer.from(part.toString('utf8'), 'utf8').equals(part)) return line;
    if (end < 0) return 1;
    line++;
    start = end + 1;
  }
}
