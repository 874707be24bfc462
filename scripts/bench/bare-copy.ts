import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from } from 'pg-copy-streams';

// What \copy of psql does with the same rows, and the indexes that a table of receipts has in the store: of its ids, and those of the model.
const [file, url] = process.argv.slice(2) as [string, string];
const client = new pg.Client(url);
await client.connect();
await client.query('DROP TABLE IF EXISTS bare_copy');
await client.query(
  'CREATE TABLE bare_copy (receipt_number text, received_on text, department text, account text, tender text, amount text, payer text, branch text, cashier text, description text, id bigint GENERATED ALWAYS AS IDENTITY)',
);
await pipeline(
  createReadStream(file),
  client.query(
    from(
      'COPY bare_copy (receipt_number, received_on, department, account, tender, amount, payer, branch, cashier, description) FROM STDIN (FORMAT csv, HEADER)',
    ),
  ),
);
await client.query('ALTER TABLE bare_copy ADD PRIMARY KEY (id)');
await client.query('CREATE INDEX ON bare_copy (received_on)');
await client.query('CREATE INDEX ON bare_copy (receipt_number)');
await client.query('CREATE INDEX ON bare_copy (branch, payer)');
const { rows } = await client.query<{ n: string }>('SELECT count(*) AS n FROM bare_copy');
await client.query('DROP TABLE bare_copy');
await client.end();
console.log(rows[0]!.n);
