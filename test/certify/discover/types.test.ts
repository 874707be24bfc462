import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tablesPort } from '../../../src/cli/authoring/certify-tables.ts';
import { discoverFile } from '../../../src/authoring/discover/file.ts';
import { discoverTables } from '../../../src/authoring/discover/tables.ts';
import { discoverWsdl } from '../../../src/authoring/discover/wsdl.ts';
import { discoveryYaml } from '../../../src/authoring/discover/yaml.ts';
import type { QueryTransport } from '../../../src/transports/transport.ts';
import { transports } from '../../../src/transports/transports.ts';

const look = (text: string, file = 'sample-20260302.csv') => discoverFile(file, Buffer.from(text));

describe('a WSDL declares types, in imported schemas, restrictions and extensions too', async () => {
  const { streams, options } = await discoverWsdl('licences.wsdl', join(import.meta.dirname, '../licence-service'));
  const field = (name: string, stream = 0) => streams[stream]!.fields.find((f) => f.name === name);

  test.each([
    ['Fee', 'decimal', 'xs:decimal (Money)'],
    ['IssuedOn', 'date', 'xs:date'],
    ['LastModified', 'datetime', 'xs:dateTime'],
    ['Neutered', 'boolean', 'xs:boolean'],
    ['Dogs', 'integer', 'xs:unsignedByte'],
    ['LicenceId', 'text', 'xs:long, but it names something'],
    ['Kind', 'text', 'xs:string (Kind), one of DOG, KENNEL'],
  ])('%s is proposed as %s, with the declaration as evidence', (name, type, declared) => {
    expect(field(name)).toMatchObject({ type });
    expect(field(name)!.evidence).toContain(`the WSDL declares ${declared}`);
  });

  test('text with an attribute is a group, and the evidence says what is in it', () => {
    expect(field('Weight')).toMatchObject({ type: 'object', evidence: 'may be left out; a group: its text and unit' });
  });

  test('a time is asked for as a time, and a parameter with few values is an option with choices', () => {
    expect(streams[0]!.incremental).toMatchObject({ cursor: 'LastModified', format: 'YYYY-MM-DDTHH:mm:ss' });
    expect(options['kind']).toMatchObject({ choices: ['DOG', 'KENNEL'] });
  });

  test('the key is what names a record, not the amount before it whose name ends alike', () => {
    expect(streams[1]!.keys[0]!.fields).toEqual(['OwnerNumber']);
  });
});

test('a database declares types too: whole numbers are figures unless they name something', async () => {
  const columns = { Fee: 'NUMERIC(19,2)', PERMIT_NO: 'INT', Dogs: 'SMALLINT', ISSUED: 'DATE' };
  const login = { username: 'reader', password: 'reader-Password-1' };
  const table = { columns, rows: [['12.50', 7, 2, '2026-03-02']] };
  const server = await (await tablesPort())!({ 'dbo.Permits': table, 'dbo.Permits_2025': table }, login);
  const transport = (await transports.sqlserver.open(
    { ...server.options, password: login.password },
    { connection: 'permits', projectFolder: '.' },
  )) as QueryTransport;
  const { streams } = await discoverTables(transport, 'permits', ['Permits', 'Permits_2025']);
  const [stream] = streams;
  await transport.close();
  await server.close();
  expect(Object.fromEntries(stream!.fields.map((f) => [f.name, f.type]))).toEqual({
    Fee: 'decimal',
    PERMIT_NO: 'text',
    Dogs: 'integer',
    ISSUED: 'date',
  });
  expect(stream!.fields[2]!.evidence).toContain('the database declares smallint');
  expect(streams.map((s) => s.name)).toEqual(['permits', 'permits-2']);
});

describe('money is not a key', () => {
  test('while another column names each record', async () => {
    const stream = await look('AmountPaid,Ref,What\n100,17,x\n250,18,x\n2450,19,y\n');
    expect(stream.keys.map((key) => key.fields)).toEqual([['Ref']]);
    expect(stream.fields[0]!.evidence).toContain(
      'check whether these are cents; a mapping reads cents with parse: { money: { implied_decimals: 2 } }',
    );
  });

  test('and where nothing else does, the proposal says to ask', async () => {
    const stream = await look('Total,What\n100,x\n250,x\n2450,y\n');
    expect(stream.keys[0]!.fields).toEqual(['Total']);
    expect(stream.keys[0]!.evidence).toContain('it looks like an amount, which may come twice: ask the vendor');
  });

  test('nor are digits that a trailer sums, and whether they are cents is for a person to look at', async () => {
    const stream = await look(
      'H20260302TOWN HALL  \nD000002450610104300A0000103\nD000011000610104300A0000101\nD000000725610104300A0000102\nT000003000014175\n',
      'pay-20260302.txt',
    );
    expect(stream.control).toEqual([{ type: 'T', count: 'at_2_7', total: { field: 'at_8_16', of: 'at_2_10', decimals: 0 } }]);
    expect(stream.keys[0]!.fields).toEqual(['at_21_27']);
    const yaml = discoveryYaml({ source: 's', streams: [stream], options: {}, notes: [] });
    expect(yaml).toContain('check whether they are cents; if so, write decimals: 2 in both fields of the decoder and in control');
    expect(yaml).toMatch(/at_2_10: .*summed in T; if these are cents, write decimals: 2/);
  });

  test('nor are figures without a trailer: digits filled up with zeros, of every size', async () => {
    const stream = await look('000002450A0000103 X\n000011000A0000101 Y\n000000725A0000102 X\n', 'pay-20260302.txt');
    expect(stream.keys[0]!.fields).toEqual(['at_11_17']);
  });
});
