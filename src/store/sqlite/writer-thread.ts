import { parentPort, workerData } from 'node:worker_threads';
import type { AddedDigests, PageOfDigests } from '../dialect.ts';
import { type Digests, digestsIn } from '../landing/digests.ts';
import { inOrder, openConnection } from './connection.ts';
import type { PackedRows } from './packed-rows.ts';
import { rowsOver } from './rows.ts';
import type { Answer, Question } from './writer-messages.ts';

const { filename } = workerData as { filename: string };
const connection = openConnection(filename);
const rows = rowsOver(connection);
/** What hashes that are read are added to. */
let table: Digests | undefined;

async function answer(question: Question): Promise<unknown> {
  switch (question.what) {
    case 'query': {
      const { sql, bindings } = question;
      const done = await inOrder(connection, sql, () => {
        const statement = connection.prepare(sql);
        if (statement.reader) return { response: statement.all(bindings) };
        const response = statement.run(bindings);
        return { response, context: { lastID: response.lastInsertRowid, changes: response.changes } };
      });
      return done ?? { response: { changes: 0, lastInsertRowid: 0 } };
    }
    case 'packed':
      return rows.insertPacked(question.inserts.map((insert) => ({ ...insert, packed: insert.packed as PackedRows })));
    case 'fill':
      table = digestsIn(question.memory);
      return undefined;
    case 'digests': {
      const [page] = connection.prepare(question.sql).all(question.bindings) as PageOfDigests[];
      const unique = table!.addAll(page!.text ?? '');
      return { count: Number(page!.n), last: page!.last, unique } satisfies AddedDigests;
    }
    case 'rows':
      return (rows[question.name] as (...args: readonly unknown[]) => Promise<unknown>)(...question.args);
    case 'close':
      connection.close();
      return undefined;
  }
}

let last: Promise<void> = Promise.resolve();
parentPort!.on('message', ({ id, ...question }: Question & { id: number }) => {
  last = last.then(async () => {
    try {
      parentPort!.postMessage({ id, value: await answer(question) } satisfies Answer);
    } catch (error) {
      const { message, code } = error as { message: string; code?: unknown };
      parentPort!.postMessage({ id, error: { message, code } } satisfies Answer);
    }
  });
});
