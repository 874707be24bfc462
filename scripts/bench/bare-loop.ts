import { createReadStream } from 'node:fs';
import Database from 'better-sqlite3';
import { parse } from 'csv-parse';

// What anybody would write in ten lines: csv-parse, and a prepared insert with the durability and batches that the store has.
const [file, database] = process.argv.slice(2) as [string, string | undefined];
const parser = createReadStream(file).pipe(parse({ from_line: 2 }));
let rows = 0;
if (database === undefined) for await (const _ of parser) rows++;
else {
  const db = new Database(database);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE receipt (receipt_number, received_on, department, account, tender, amount, payer, branch, cashier, description)');
  const insert = db.prepare('INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  db.exec('BEGIN');
  for await (const row of parser) {
    insert.run(row as string[]);
    if (++rows % 10_000 === 0) db.exec('COMMIT; BEGIN');
  }
  db.exec('COMMIT');
  db.close();
}
console.log(rows);
