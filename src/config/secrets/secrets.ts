import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError, didYouMean } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import type { Project } from '../project.ts';
import { writtenForms } from './secret-forms.ts';
import { textOfPath } from '../words.ts';
import { whyNotRead } from '../../core/file-error.ts';

/** Whose options they are, and where references lead. */
export interface SecretPlace {
  /** The connection, for messages. */
  connection: string;
  /** The town's folder: `${file:…}` is relative to it. */
  folder: string;
  /** Default: the environment of this process. */
  env?: NodeJS.ProcessEnv | undefined;
}

const REFERENCE = /^\$\{(env|file):([^}]+)\}$/;
/** Every secret that was ever filled in by this process, in the forms in which it may turn up in a text; longest first. */
let resolved: string[] = [];
const known = new Set<string>();

/**
 * The options with every reference filled in, at any depth. Throws ConfigError with SECRET_MISSING for each one that cannot be
 * had. That references stand only where secrets belong was checked when the configuration was loaded.
 */
export function resolveSecrets(options: Record<string, unknown>, place: SecretPlace): Record<string, unknown> {
  const problems: Problem[] = [];
  const fill = (value: unknown, path: (string | number)[]): unknown => {
    if (Array.isArray(value)) return value.map((item, i) => fill(item, [...path, i]));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(inner, [...path, name])]));
    if (typeof value !== 'string' || !REFERENCE.test(value)) return value;
    const secret = readSecret(value, place);
    if (typeof secret === 'string') return remember(secret);
    problems.push({ ...missing(secret, textOfPath(path), place.connection), place: { system: place.connection, path: textOfPath(path) } });
    return value;
  };
  const filled = fill(options, []) as Record<string, unknown>;
  if (problems.length > 0) throw new ConfigError(problems);
  return filled;
}

/** What resolveSecrets would miss, by path within the options; reads the secrets and forgets them again. */
export function missingSecrets(
  options: Record<string, unknown>,
  place: SecretPlace,
): { path: (string | number)[]; problem: Omit<Problem, 'place'> }[] {
  const found: { path: (string | number)[]; problem: Omit<Problem, 'place'> }[] = [];
  eachText(options, [], (text, path) => {
    if (!REFERENCE.test(text)) return;
    const secret = readSecret(text, place);
    if (typeof secret !== 'string') found.push({ path, problem: missing(secret, textOfPath(path), place.connection) });
  });
  return found;
}

/**
 * The store's URL, its references filled in, with the password. INTERLOCAL_STORE in the environment, a whole URL, stands for all of it.
 * Throws ConfigError (SECRET_MISSING, STORE_URL).
 */
export function storeUrl(project: Pick<Project, 'config' | 'folder'>, env: NodeJS.ProcessEnv = process.env): string {
  return filledUrl(env.INTERLOCAL_STORE ? { url: env.INTERLOCAL_STORE } : project.config.store, project.folder, env);
}

/** The same for any store: `url` and `password` may be references. */
export function filledUrl(store: { url: string; password?: string | undefined }, folder: string, env?: NodeJS.ProcessEnv): string {
  const filled = resolveSecrets({ ...store }, { connection: 'store', folder, env });
  const url = String(filled.url);
  const parsed = URL.parse(url);
  if (parsed?.password) remember(decodeURIComponent(parsed.password));
  if (filled.password === undefined) return url;
  if (!parsed || parsed.host === '')
    throw new ConfigError({
      code: 'STORE_URL',
      place: { file: 'config/interlocal.yaml', path: 'store.url' },
      message: 'store.password is given, but store.url names a file, which has no password.',
      hint: 'Remove store.password, or set store.url to a database server: postgres://USER@HOST/DATABASE.',
    });
  parsed.password = encodeURIComponent(String(filled.password));
  return parsed.href;
}

/** Takes every secret that this process filled in out of a text, however it was encoded on the way. */
export function redact(text: string): string {
  for (const secret of resolved) {
    if (!text.includes(secret)) continue;
    // A secret of one to three characters is part of ordinary words and figures: only where it is alone.
    text =
      secret.length > 3
        ? text.replaceAll(secret, '[secret]')
        : text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escapeRegExp(secret)}(?![\\p{L}\\p{N}])`, 'gu'), '[secret]');
  }
  return text;
}

/** Every text in a value, with its path. */
export function eachText(value: unknown, path: (string | number)[], visit: (text: string, path: (string | number)[]) => void): void {
  if (typeof value === 'string') visit(value, path);
  else if (Array.isArray(value)) value.forEach((item, i) => eachText(item, [...path, i], visit));
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) eachText(inner, [...path, name], visit);
}

/** Is this text nothing but a reference to a secret? */
export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

interface Missing {
  what: string;
  why: string;
  hint: string;
}

function readSecret(reference: string, place: SecretPlace): string | Missing {
  const [, kind, name = ''] = REFERENCE.exec(reference)!;
  const env = place.env ?? process.env;
  if (kind === 'env') {
    const value = env[name];
    if (value) return value;
    const meant = value === undefined ? didYouMean(name, Object.keys(env)) : undefined;
    return {
      what: `the environment variable ${name}`,
      why: value === undefined ? 'is not set' : 'is set, but empty',
      hint: meant ? `${meant} is set: did you mean that?` : `Set ${name} for the account that starts Interlocal, and start it again.`,
    };
  }
  const what = `the file ${name}`;
  try {
    const text = readFileSync(resolve(place.folder, name), 'utf8').replace(/\r?\n$/, '');
    return text || { what, why: 'is empty', hint: 'Write the password or key into it, and nothing else.' };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return { what, why: 'does not exist', hint: `Create it in the town's folder, with the password or key in it and nothing else.` };
    return {
      what,
      why: `cannot be read: ${whyNotRead(error)}`,
      hint: 'Check its permissions: the account that Interlocal runs under must be able to read it.',
    };
  }
}

function missing({ what, why, hint }: Missing, option: string, connection: string): Omit<Problem, 'place'> {
  const who = connection === 'store' ? `store.${option}` : `the option ${option} of the connection ${connection}`;
  return { code: 'SECRET_MISSING', message: `${who} needs ${what}, which ${why}.`, hint };
}

/** Remembers a secret in every form in which it may turn up, and the lines of a key. */
function remember(secret: string): string {
  if (known.has(secret)) return secret;
  known.add(secret);
  const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter((line) => line.length >= 16 && !line.startsWith('-----')) : [];
  resolved = [...new Set([...resolved, ...[secret, ...lines].flatMap(writtenForms)])].sort((a, b) => b.length - a.length);
  return secret;
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** Files that the connections and the store name with `${file:…}`, absolute. */
export function secretFiles({ config, connections, folder }: Pick<Project, 'config' | 'connections' | 'folder'>): string[] {
  const found = new Set<string>();
  for (const options of [{ password: config.store.password }, ...Object.values(connections).map((one) => one.options)])
    eachText(options, [], (text) => {
      const [, kind, name] = REFERENCE.exec(text) ?? [];
      if (kind === 'file') found.add(resolve(folder, name!));
    });
  return [...found];
}
