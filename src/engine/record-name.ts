/**
 * A record's lasting name in matches and exceptions: its connection, its key there and, where a mapping makes several records of
 * one, which of them. It is the same in every run and in every store.
 */
export function recordName(connection: string, key: string, item: string): string {
  return JSON.stringify(item === '' ? [connection, key] : [connection, key, item]);
}

export function partsOfRecordName(name: string): { connection: string; key: string } {
  const [connection = '', key = ''] = JSON.parse(name) as string[];
  return { connection, key };
}
