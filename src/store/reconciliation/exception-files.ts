import type { Knex } from '../open.ts';

/** A file that is kept with an exception, without its content. */
export interface ExceptionFile {
  number: number;
  name: string;
  kind: 'pdf' | 'png' | 'jpeg';
  /** Bytes. */
  size: number;
  sha256: string;
  addedBy: string;
  /** UTC. */
  addedAt: string;
}

export async function exceptionFiles(knex: Knex, exception: string): Promise<ExceptionFile[]> {
  const rows = (await knex('il_exception_file')
    .where({ exception_id: exception })
    .orderBy('number')
    .select('number', 'name', 'kind', 'size', 'sha256', 'added_by', 'added_at')) as Record<string, unknown>[];
  return rows.map((row) => ({
    number: Number(row.number),
    name: row.name as string,
    kind: row.kind as ExceptionFile['kind'],
    size: Number(row.size),
    sha256: row.sha256 as string,
    addedBy: row.added_by as string,
    addedAt: row.added_at as string,
  }));
}

/** Adds a file and gives its number. In a write transaction. */
export async function addExceptionFile(
  trx: Knex,
  exception: string,
  file: Omit<ExceptionFile, 'number'>,
  content: Buffer,
): Promise<number> {
  const [last] = (await trx('il_exception_file').where({ exception_id: exception }).max({ n: 'number' })) as { n: number | null }[];
  const number = Number(last?.n ?? 0) + 1;
  await trx('il_exception_file').insert({
    exception_id: exception,
    number,
    name: file.name,
    kind: file.kind,
    size: file.size,
    sha256: file.sha256,
    content: content.toString('base64'),
    added_by: file.addedBy,
    added_at: file.addedAt,
  });
  return number;
}

export async function exceptionFileContent(knex: Knex, exception: string, number: number): Promise<Buffer | undefined> {
  const row = (await knex('il_exception_file').where({ exception_id: exception, number }).first('content')) as
    { content: string } | undefined;
  return row && Buffer.from(row.content, 'base64');
}
