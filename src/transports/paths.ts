import { wildcardMatcher } from '../core/text/wildcard.ts';
import { FileError } from '../core/errors.ts';

/**
 * A path below a connection's root, made plain: `/`-separated, without `.` parts; '' is the root itself.
 * Throws FileError PATH_OUTSIDE for whatever could leave the root: absolute paths, `..`, drive letters, NUL.
 */
export function confinedPath(path: string, connection: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  const wrong =
    path.startsWith('/') || /^[A-Za-z]:/.test(path)
      ? 'is absolute'
      : parts.includes('..')
        ? 'leads upwards (..)'
        : path.includes('\0')
          ? 'contains a zero byte'
          : path.includes('\\')
            ? 'contains a backslash'
            : undefined;
  if (wrong)
    throw new FileError({
      code: 'PATH_OUTSIDE',
      place: { system: connection, file: path.replaceAll('\0', '\\0') },
      message: `The path ${JSON.stringify(path)} ${wrong}; only paths below the connection's own folder are used.`,
      hint: "Write the path relative to the connection's folder, with / between folders, such as outgoing/2026.",
    });
  return parts.join('/');
}

export function joinPath(folder: string, name: string): string {
  return folder === '' || folder === '.' ? name : `${folder}/${name}`;
}

export function folderOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 ? '' : path.slice(0, at);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * File name patterns with `*` and `?`. As in a shell, a name that begins with a dot is matched only by a pattern that does:
 * that is what keeps files that are still being uploaded (ours and others') out of sight.
 */
export function nameMatcher(pattern: string): (name: string) => boolean {
  const matches = wildcardMatcher(pattern.normalize('NFC'));
  // What stands for bytes that are not UTF-8 may be any letters beyond ASCII: such a name is told as a problem, and must not be missed.
  const lossy = wildcardMatcher(anyLetters(pattern.normalize('NFC')));
  return (name) => {
    if (name.startsWith('.') && !pattern.startsWith('.')) return false;
    return isLossy(name) ? lossy(anyLetters(name.normalize('NFC'))) : matches(name.normalize('NFC'));
  };
}

/** Letters beyond ASCII, each run of them as the one sign that stands for bytes that are not UTF-8. */
function anyLetters(text: string): string {
  return text.replace(/[^\0-\x7f]+/gu, '\uFFFD');
}

/** Does the name hold the sign that stands for bytes that are not UTF-8? */
export function isLossy(name: string): boolean {
  return name.includes('\uFFFD');
}

/** The name a file has until it is complete: in the same folder, hidden, never matched by a pattern of ours. */
export function temporaryName(name: string): string {
  return `.${name.slice(0, 50)}.${crypto.randomUUID().slice(0, 8)}.part`;
}

/** By code points, so the order is the same on every machine. */
export function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
