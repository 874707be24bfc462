import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startTdsEndpoint } from '../sample-town/servers/tds/endpoint.ts';
import { openSqlite } from '../sample-town/servers/tds/sqlite/sqlite.ts';
import { sampleTownHostKey } from '../sample-town/servers/sftp/host-key.ts';
import { startSftpServer } from '../sample-town/servers/sftp/server.ts';

/** A remote system as a process of its own, so it can be stopped: `node server-process.ts sftp|http|tds FOLDER`. It sends its port. */
const [kind, folder] = process.argv.slice(2) as [string, string];
process.on('disconnect', () => process.exit(0));
process.send!(kind === 'sftp' ? await sftp() : kind === 'tds' ? await tds() : await http());

async function sftp(): Promise<number> {
  return (await startSftpServer({ root: folder, port: 0, users: [{ name: 'town', password: 'plain' }], hostKeys: [sampleTownHostKey()] }))
    .port;
}

/** The rows of rows.json as the table `receipts`. */
async function tds(): Promise<number> {
  const file = join(folder, 'town.db');
  const db = openSqlite(file, { create: true });
  db.exec(
    'CREATE TABLE receipts (number "varchar(10)" NOT NULL PRIMARY KEY, received_on "date", amount "numeric(19,2) TEXT", tender "varchar(5)", note "varchar(60)")',
  );
  const insert = db.prepare('INSERT INTO receipts VALUES (?, ?, ?, ?, ?)');
  for (const row of rows()) insert.run(row['number'], row['received_on'], row['amount'], row['tender'], row['note']);
  db.close();
  const logins = [{ user: 'town', password: 'plain', readOnly: true }];
  return (await startTdsEndpoint({ database: file, databaseName: 'TOWN', logins })).port;
}

/** GET gives the rows of rows.json by offset and size; what is posted is booked, each time, as a line of booked.jsonl. */
async function http(): Promise<number> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const query = new URL(request.url!, 'http://localhost').searchParams;
      if (request.method === 'GET') {
        const from = Number(query.get('offset'));
        const all = rows();
        json(response, { total: all.length, rows: all.slice(from, from + Number(query.get('size'))) });
      } else {
        appendFileSync(join(folder, 'booked.jsonl'), `${JSON.stringify(JSON.parse(body))}\n`);
        json(response, { status: 'ok' });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function json(response: ServerResponse, body: object): void {
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
}

function rows(): Record<string, string>[] {
  return JSON.parse(readFileSync(join(folder, 'rows.json'), 'utf8')) as Record<string, string>[];
}
