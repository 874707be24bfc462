import { basename } from 'node:path';
import type { Problem } from '../core/errors.ts';
import { type PackFiles, SIGNATURE_FILE } from './files.ts';

/**
 * What must be true of a pack's files before any of them is written to a disk or handed to anybody: names that are plain
 * paths on every system, nothing that does not belong into a pack, no secret.
 */
export function checkPackContents(files: PackFiles): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  for (const name of files.keys()) {
    const strange = strangeName(name);
    if (strange) problems.push(pathProblem(name, strange));
    // On Windows and macOS names that differ in case, or in how an accent is written, are one file.
    const folded = name.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined) problems.push(pathProblem(name, `is the same file as ${other} on Windows and macOS`));
    seen.set(folded, name);
  }
  const folders = new Set([...seen.keys()].flatMap((name) => name.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))));
  for (const [folded, name] of seen) if (folders.has(folded)) problems.push(pathProblem(name, 'is a file and a folder'));
  if (problems.length) return problems;
  for (const [name, bytes] of files) {
    const secret = secretIn(name, bytes);
    if (secret) problems.push(secret);
    else if (!belongs(name))
      problems.push({
        code: 'PACK_FILE',
        place: { file: name },
        message: 'A file of this name does not belong in a pack.',
        hint: 'A pack holds connector.yaml, README.md, LICENSE, CHANGELOG.md, and files below fixtures/, mappings/ and docs/.',
      });
  }
  return problems;
}

/** Why a name cannot be a path within a folder on every system; undefined when it can. */
function strangeName(name: string): string | undefined {
  if (name.length > 180) return 'is longer than 180 characters';
  if (/^[/\\]/.test(name) || /^[A-Za-z]:/.test(name)) return 'is not relative to the pack';
  if (/[\u0000-\u001f\u007f<>:"|?*\\]/.test(name)) return 'has characters that not every system allows';
  // Characters that turn the direction of writing make a name look like another one.
  if (/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(name)) return 'has characters that cannot be seen';
  const parts = name.split('/');
  if (parts.length > 8) return 'is more than 8 folders deep';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'leads out of the pack, or is not a plain path';
  if (parts.some((part) => /[. ]$/.test(part) || part.startsWith(' '))) return 'begins or ends with a space or a period';
  const device = parts.find((part) => /^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)/i.test(part));
  return device === undefined ? undefined : `has "${device}" in it, which is a device on Windows`;
}

function pathProblem(file: string, why: string): Problem {
  return {
    code: 'PACK_PATH',
    place: { file: JSON.stringify(file).slice(1, -1) },
    message: `The name of this file ${why}.`,
    hint: 'Nothing was added. Ask whoever made the pack to rename the file with letters, digits, - and _.',
  };
}

function belongs(name: string): boolean {
  if (name.split('/').some((part) => part.startsWith('.'))) return false;
  return (
    /^(connector\.yaml|README\.md|CHANGELOG\.md|LICEN[CS]E(\.md|\.txt)?)$/.test(name) ||
    name === SIGNATURE_FILE ||
    /^(fixtures|docs)\/./.test(name) ||
    /^mappings\/([^/]+\.yaml|lookups\/[^/]+\.csv|(lookups\/)?README\.md)$/.test(name)
  );
}

const SECRET_NAMES =
  /^(\.env(\..*)?|\.npmrc|\.netrc|_netrc|\.pgpass|\.git-credentials|\.htpasswd|id_(rsa|dsa|ecdsa|ed25519)|credentials(\.json)?|connections(\.local)?\.yaml|.*\.(key|pfx|p12|ppk|kdbx|jks|keystore))$/i;
const SECRET_TEXTS: readonly [RegExp, string][] = [
  [/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/, 'a private key'],
  [/^PuTTY-User-Key-File-\d:/m, 'a private key'],
  [/\bA(?:KIA|SIA)[0-9A-Z]{16}\b/, 'an access key of a cloud service'],
  [/\bgh[pousr]_[A-Za-z0-9]{36}\b/, 'an access token'],
];

/** A pack goes to every town: passwords and keys are each town's own, and are in options of type secret. */
function secretIn(name: string, bytes: Buffer): Problem | undefined {
  const text = bytes.toString('latin1');
  const found = SECRET_NAMES.test(basename(name))
    ? 'a secret, judging by its name'
    : SECRET_TEXTS.find(([pattern]) => pattern.test(withoutOwnKey(name, text)))?.[1];
  if (found !== undefined) return secretProblem(name, `A pack must not hold secrets, and this looks like ${found}.`);
  const reference = /^(connector\.yaml|fixtures\/options\.json|mappings\/.*)$/.test(name) ? /\$\{(?:env|file):[^}]*\}/.exec(text) : null;
  return reference ? secretProblem(name, `A pack must not say where a town keeps its secrets, but ${reference[0]} does.`) : undefined;
}

/** The key that encrypted recordings are read with is made for them alone, is at fixtures/<option>.asc, and is nobody's secret. */
function withoutOwnKey(name: string, text: string): string {
  return /^fixtures\/\w+\.asc$/.test(name) ? text.replace('-----BEGIN PGP PRIVATE KEY BLOCK-----', '') : text;
}

function secretProblem(file: string, message: string): Problem {
  return {
    code: 'PACK_SECRET',
    place: { file },
    message,
    hint: 'Remove it from the pack, and change it if it was real; use an option of type secret for what a town must supply.',
  };
}
