import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { discoverWsdl } from '../../../src/authoring/discover/wsdl.ts';
import type { ProposedStream } from '../../../src/authoring/discover/proposal.ts';
import { manifestText } from '../../../src/authoring/scaffold/skeleton.ts';
import { readPack } from '../../../src/authoring/certify/pack.ts';
import { packOf } from '../packs.ts';
import { proposed } from './proposed.ts';

const number = (n: number, width: number): string => String(n).padStart(width, '0');
const evidenceOf = (stream: ProposedStream, name: string) => stream.fields.find((f) => f.name === name)?.evidence;

describe('samples as offices really have them become connectors that certify', { timeout: 60_000 }, () => {
  test("fixed width: figures with the minus behind, accents at a column's beginning, lines that only their head tells apart", async () => {
    const holders = ['Élodie Faÿ', 'Ada Marsh', 'Søren Ångström', 'José Núñez'];
    const codes = ['MOOR', 'WATR', 'CRED'];
    const amounts = Array.from({ length: 36 }, (_, i) => (i % 3 === 2 ? -1 : 1) * (700 + ((i * 7919) % 90_000)));
    const figure = (n: number): string => (n < 0 ? `${number(-n, 10)}-` : number(n, 11));
    const lines = holders.flatMap((_, h) =>
      Array.from({ length: 3 }, (_, k) => {
        const permit = h * 3 + k;
        const details = codes.map((code, c) => `D${code.padEnd(6)}${figure(amounts[permit * 3 + c]!)}`);
        return [`H${number(1200 + permit * 7, 8)}${holders[h]!.padEnd(30)}202603${number(permit + 1, 2)}`, ...details];
      }).flat(),
    );
    const total = amounts.reduce((sum, n) => sum + n, 0);
    const text = [...lines, `T${number(36, 6)}${number(total, 13)}`].join('\r\n');
    const { stream, failed } = await proposed('moorings-20260323.dat', Buffer.from(`${text}\r\n`, 'latin1'));
    expect(failed).toEqual([]);
    expect(stream.control).toEqual([{ type: 'T', count: 'at_2_7', total: { field: 'at_8_20', of: 'at_8_18', decimals: 0 } }]);
    expect(stream.keys[0]!.fields).toEqual(['H.at_2_9', 'at_2_7']);
  });

  test('fixed width: figures with their sign in the last digit are no key, and are added up', async () => {
    const zoned = (n: number): string => {
      const text = number(Math.abs(n), 9);
      return text.slice(0, -1) + (n < 0 ? '}JKLMNOPQR' : '{ABCDEFGHI')[Number(text.at(-1))]!;
    };
    const amounts = Array.from({ length: 40 }, (_, i) => (i % 5 === 4 ? -1 : 1) * (900 + ((i * 7919) % 90_000)));
    const lines = amounts.flatMap((amount, i) => [
      ...(i % 4 === 0
        ? [`P${number(7_000 + i * 3, 7)}${['Ada Marsh', 'Zoë Quill'][(i / 4) % 2]!.padEnd(24)}202603${number((i % 28) + 1, 2)}`]
        : []),
      `L${['01-4210', '02-1000'][i % 2]!} ${zoned(amount)}`,
    ]);
    const total = amounts.reduce((sum, n) => sum + n, 0);
    const { stream, failed } = await proposed(
      'quay.txt',
      Buffer.from(`${[...lines, `T${number(40, 6)}${number(total, 13)}`].join('\r\n')}\r\n`, 'latin1'),
    );
    expect(failed).toEqual([]);
    expect(stream.control).toMatchObject([{ type: 'T', count: 'at_2_7', total: { of: 'at_10_18' } }]);
    expect(stream.keys[0]).toMatchObject({ fields: ['P.at_2_8', 'at_2_8'], repeats: 'number' });
  });

  test('fixed width: numbers that lines begin with are no kinds of lines', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `${number(i * 7, 5)}${'Ann'.padEnd(20)}${number(777 + ((i * 3373) % 9000), 8)}`);
    const { stream, failed } = await proposed('fees.txt', Buffer.from(`${lines.join('\n')}\n`));
    expect(failed).toEqual([]);
    expect(stream.record_selector).toBeUndefined();
    expect(stream.keys[0]!.fields).toEqual(['at_1_5']);
    const kinds = ['1', '5', '6', '6', '6', '8', '9'].map((kind, i) => `${kind}${number(i + 1, 7)}${number(100 + ((i * 37) % 91), 8)}`);
    const { stream: kept } = await proposed('ach.txt', Buffer.from(`${kinds.join('\n')}\n`));
    expect(kept.record_selector).toMatchObject({ types: ['6'] });
  });

  test('fixed width: kinds of three letters, a date within a run of digits, names with room to grow, a trailer that adds up', async () => {
    const details = Array.from({ length: 60 }, (_, i) => ({
      n: i + 1,
      name: ['Ada Marsh', 'Finn Doyle', 'José Quill', 'Bo Lee'][i % 4]!,
      amount: 1037 + i * 37,
    }));
    const lines = [
      'HDRWATER BILLING   20260302'.padEnd(50),
      ...details.map(
        (d) =>
          `DTL${number(d.n, 7)}2026${number((d.n % 12) + 1, 2)}${number((d.n % 28) + 1, 2)}${d.name.padEnd(20)}${number(d.amount, 12)}`,
      ),
      `TRL${number(60, 7)}${number(
        details.reduce((sum, d) => sum + d.amount, 0),
        15,
      )}`.padEnd(50),
    ];
    const { stream, failed, recording } = await proposed('water.txt', Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1'));
    expect(failed).toEqual([]);
    expect(stream.record_selector).toEqual({ types: ['DTL'], parents: ['HDR'] });
    expect(stream.fields.map((f) => [f.name, f.type])).toEqual([
      ['at_4_10', 'text'],
      ['at_11_18', 'date'],
      ['at_19_38', 'text'],
      ['at_39_50', 'text'],
    ]);
    expect(recording.trimEnd().split('\r\n').at(-1)).toMatch(/^TRL0000018/);
  });

  test('semicolons, Windows-1252, decimal commas, dates with points, line breaks in quotes', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${number(i + 1, 6)};${number((i % 28) + 1, 2)}.03.2026;Jürgen ${i};${i},50;${i % 7 ? '' : '"eins\r\nzwei; drei"'}`,
    );
    const { stream, failed } = await proposed(
      'belege.csv',
      Buffer.from(`Beleg-Nr;Datum;Empfänger;Betrag;Bemerkung\r\n${rows.join('\r\n')}\r\n`, 'latin1'),
    );
    expect(failed).toEqual([]);
    expect(stream.fields.find((f) => f.name === 'Datum')).toMatchObject({ type: 'date', format: 'DD.MM.YYYY' });
    expect(stream.fields.find((f) => f.name === 'Betrag')).toMatchObject({ type: 'text' });
    expect(evidenceOf(stream, 'Betrag')).toContain('40 of 40 are figures with a decimal comma');
  });

  test('a line of totals below the records is not a record', async () => {
    const rows = Array.from({ length: 29 }, (_, i) => `${number(i, 5)}|03/${number((i % 28) + 1, 2)}/2026|${i}.50`);
    const { stream, failed } = await proposed(
      'pipe.csv',
      Buffer.from(`Report\nPrinted today\n\nReceipt|Date|Amount\n${rows.join('\n')}\nTotal||420.50\n`),
    );
    expect(failed).toEqual([]);
    expect(stream.decoder).toEqual({ csv: { delimiter: '|', skip_lines: 2, footer_lines: 1, footer_has: 'Total' } });
  });

  test('rows of kinds with a trailer: its count and sum are found, and are true of the recording too', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => `D,${number(i + 1, 5)},${i + 1}.50,CA`);
    const { stream, failed, recording } = await proposed('batch.csv', Buffer.from(`H,20260302,BATCH7\n${rows.join('\n')}\nT,50,1300.00\n`));
    expect(failed).toEqual([]);
    expect(stream.record_selector).toEqual({ types: ['D'], parents: ['H'] });
    expect(stream.control).toEqual([{ type: 'T', count: 'column_2', total: { field: 'column_3', of: 'column_3' } }]);
    expect(recording.trimEnd().split('\n').at(-1)).toBe('T,18,180.00');
  });

  test('a header with a name twice and one left empty is not a record, and every column gets a name of its own', async () => {
    const rows = Array.from({ length: 8 }, (_, i) => `"${i}","A${i}","B${i}","x"`);
    const { stream, failed } = await proposed('dup.csv', Buffer.from(`"Id","Name","Name",""\n${rows.join('\n')}\n`));
    expect(failed).toEqual([]);
    expect(stream.decoder).toEqual({ csv: { header: ['Id', 'Name', 'Name_2', 'column_4'], skip_lines: 1 } });
  });

  test('XML with two namespaces and elements that repeat, JSON deep within an envelope', async () => {
    const permits = Array.from(
      { length: 12 },
      (_, i) =>
        `<p:Permit id="${number(i, 5)}"><p:Applied>2026-01-11</p:Applied><a:Site><a:Zip>0210${i % 10}</a:Zip></a:Site>${'<p:Fee><p:Amount>1.00</p:Amount></p:Fee>'.repeat((i % 3) + 1)}</p:Permit>`,
    );
    const xml = await proposed(
      'permits.xml',
      Buffer.from(
        `<p:Export xmlns:p="urn:p" xmlns:a="urn:a"><p:Meta><p:Count>12</p:Count></p:Meta><p:Permits>${permits.join('')}</p:Permits></p:Export>`,
      ),
    );
    expect(xml.failed).toEqual([]);
    expect(xml.stream.decoder).toEqual({ xml: { row: 'Export/Permits/Permit', lists: ['Fee'] } });
    const items = Array.from({ length: 30 }, (_, i) => ({
      caseId: `C-${i}`,
      amount: i * 1.25,
      applicant: { emails: ['a@x.example'] },
      lines: i % 2 ? [{ sku: 'a' }] : [],
    }));
    const json = await proposed('cases.json', Buffer.from(JSON.stringify({ meta: { page: 1, total: 30 }, data: { items } }, null, 1)));
    expect(json.failed).toEqual([]);
    expect(json.stream.decoder).toEqual({ json: { rows: 'data.items' } });
  });
});

test('a WSDL with imports: what the service can do without is left out, and a bound on one date is not taken for one on another', async () => {
  const { streams, options } = await discoverWsdl('permits-soap12.wsdl', join(import.meta.dirname, '../../transports/permit-service'));
  expect(streams.map((s) => [s.name, s.incremental, Object.keys((s.retriever['request'] as { body: object }).body)])).toEqual([
    ['permits', undefined, ['issuedFrom', 'issuedTo', 'note']],
  ]);
  expect(Object.keys(options)).toEqual(['issued_from', 'issued_to', 'note']);
  const town = packOf('permits', {
    'connector.yaml': manifestText({ id: 'permits', title: 'Permits', transport: 'soap', streams, options }),
  });
  const { connector, problems } = await readPack(town);
  expect(problems).toEqual([]);
  expect(Object.keys(connector!.streams)).toEqual(['permits']);
});
