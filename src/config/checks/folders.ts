import type { Add } from './decoders.ts';

/** A folder of a connector is one below that of the connection. What an option gives is looked at when it is used. */
export function checkFolder(folder: string | undefined, at: (string | number)[], add: Add): void {
  if (folder === undefined) return;
  const absolute = folder.startsWith('/') || /^[A-Za-z]:/.test(folder);
  if (!absolute && !folder.split('/').includes('..')) return;
  add(
    at,
    'VALUE_INVALID',
    `"${folder}" ${absolute ? 'is absolute' : 'leads upwards (..)'}; but files are only read and written below the connection's own folder.`,
    "Write it relative to the connection's own folder, such as outgoing/archive. That folder is set in config/connections.yaml: root with sftp, path with folder.",
  );
}
