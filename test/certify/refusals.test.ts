import { describe, expect, test } from 'vitest';
import { commandLine } from '../cli/command-line.ts';
import { certified, finding, packOf, README, temporaryFolder, write } from './packs.ts';

async function refused(...args: string[]): Promise<string> {
  return (await commandLine(args)).err;
}

const TILL = {
  'connector.yaml':
    'connector: till\nversion: 1.0.0\ntitle: Till\ntransport: folder\nstreams:\n  payments:\n    retriever: { files: { pattern: "*.csv" } }\n    decoder: { csv: {} }\n    schema: { fields: { number: {} } }\n    primary_key: [number]\n',
  'README.md': README,
  'fixtures/payments/a.csv': 'number\n1\n',
  'fixtures/payments/records.json': '{ "records": [{ "number": "1" }] }',
};

describe('what a vendor does by mistake is told in words, without a list of program lines', () => {
  test('a folder in place of a sample', async () => {
    const town = temporaryFolder();
    write(town, { 'config/interlocal.yaml': 'town: { name: T, time_zone: UTC, currency: USD }\n' });
    const words = 'This is a folder, but a sample must be a file. Name one of the files in it. [FILE_UNREADABLE]\n';
    expect(await refused('discover', '--file', town)).toBe(`${town}: ${words}`);
    expect(await refused('--project', town, 'new', 'connector', 'till', '--transport', 'folder', '--sample', town)).toBe(
      `${town}: ${words}`,
    );
  });

  test('a report that cannot be written, before anything is proven', async () => {
    const pack = packOf('till', TILL);
    expect(await refused('certify', pack, '--offline', '--report', `${pack}/nowhere/report.html`)).toBe(
      `${pack}/nowhere/report.html: The report cannot be written: its folder does not exist. Name another file with --report. [FILE_NOT_WRITABLE]\n`,
    );
  });

  test('a signature that ran out before it is made', async () => {
    expect(await refused('sign', packOf('till', TILL), '--key', 'none.pem', '--valid-until', '2020-01-01')).toContain(
      '--valid-until: 2020-01-01 is in the past: no town could install it.',
    );
  });
});

test('where a mapping of a pack is wrong, that is what must be corrected', async () => {
  const mapping =
    'mapping: receipt.from-till\nentity: receipt\nfrom: { connector: till, stream: payments }\nfields: { number: numbr }\ntests: []\n';
  const manifest = finding(await certified(packOf('till', { ...TILL, 'mappings/receipt.from-till.yaml': mapping })), 'manifest');
  expect(manifest).toMatchObject({ state: 'failed', hint: 'Fix the mappings in the pack; docs/mappings.md shows the steps.' });
});
