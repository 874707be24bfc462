import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { registerNew } from '../../src/cli/authoring/new.ts';
import type { Certificate } from '../../src/authoring/certify/finding.ts';
import type { RawRow } from '../../src/formats/xlsx/sheet.ts';
import { workbookOf } from '../../src/formats/xlsx/write.ts';
import { zip } from '../formats/packing.ts';
import { commandLine, type Said } from '../cli/command-line.ts';
import { temporaryFolder } from './packs.ts';

function interlocal(...args: string[]): Promise<Said> {
  return commandLine(args);
}

describe('interlocal new connector', () => {
  test.each<[string, string?, string?]>([
    ['sftp', 'csv'],
    ['sftp', 'fixed_width'],
    ['folder', 'xml'],
    ['folder', 'json'],
    ['sftp', 'bai2'],
    ['sftp', 'xlsx'],
    ['http', 'json'],
    ['soap'],
    ['sqlserver'],
    ['sftp', 'csv', 'file'],
    ['folder', 'fixed_width', 'file'],
    ['sftp', 'xml', 'file'],
    ['sftp', 'json', 'file'],
    ['sftp', 'bai2', 'file'],
    ['http', 'json', 'request'],
    ['http', 'xml'],
    ['http', 'csv'],
    ['soap', undefined, 'request'],
    ['sqlserver', undefined, 'table'],
  ])('--transport %s --format %s --sink %s writes a pack that certifies at once', async (transport, format, sink) => {
    const project = temporaryFolder();
    const made = await interlocal(
      'new',
      'connector',
      'acme',
      '--transport',
      transport,
      ...(format ? ['--format', format] : []),
      ...(sink ? ['--sink', sink] : []),
      '--project',
      project,
    );
    expect(made.err).toBe('');
    expect(made.exit).toBe(0);
    const certified = await interlocal('certify', 'acme', '--offline', '--json', '--project', project);
    const [certificate] = (JSON.parse(certified.out) as { certificates: Certificate[] }).certificates;
    expect(certificate!.findings.filter((f) => f.state === 'failed')).toEqual([]);
    expect(certified.exit).toBe(0);
    if (sink === 'file')
      expect(certificate!.findings.filter((f) => f.sink === 'payments-in' && f.state === 'ok').length).toBeGreaterThan(3);
  });

  test('--sample takes a packed workbook too, and reads of what the system sends what it must', async () => {
    const project = temporaryFolder();
    const sample = join(project, 'till-20260302.zip');
    const sheets = [
      { name: 'Till', rows: tillRows() },
      { name: 'Notes', rows: tillRows() },
    ];
    writeFileSync(sample, await zip({ 'till-20260302.xlsx': workbookOf({ sheets }), 'readme.txt': 'x' }));
    const made = await interlocal('new', 'connector', 'till', '--transport', 'sftp', '--sample', sample, '--project', project);
    expect(made.err).toBe('');
    const manifest = readFileSync(join(project, 'connectors/till/connector.yaml'), 'utf8');
    expect(manifest).toContain('unpack: [{ zip: { entry: "till-*.xlsx" } }]');
    expect(manifest).toContain('xlsx: { sheet: Till }');
    const certified = await interlocal('certify', 'till', '--offline', '--json', '--project', project);
    const [certificate] = (JSON.parse(certified.out) as { certificates: Certificate[] }).certificates;
    expect(certificate!.findings.filter((f) => f.state === 'failed')).toEqual([]);
  });

  test('--sample takes the beginning of a sample, makes its trailer fit, and warns of what is personal', async () => {
    const project = temporaryFolder();
    const amounts = Array.from({ length: 60 }, (_, i) => 100 + i * 13);
    const lines = [
      ...amounts.map((amount, i) => `D${String(i + 1).padStart(6, '0')} ${String(amount).padStart(9, '0')} SAMPLE`),
      `T${String(60).padStart(6, '0')} ${String(amounts.reduce((a, b) => a + b)).padStart(11, '0')}`,
    ];
    const sample = join(project, 'water-20260302.dat');
    writeFileSync(sample, `${lines.join('\r\n')}\r\n`);
    const made = await interlocal(
      'new',
      'connector',
      'water',
      '--transport',
      'sftp',
      '--sample',
      sample,
      '--stream',
      'payments',
      '--project',
      project,
    );
    expect(made.out).toContain('replace names, addresses, and the numbers of people and accounts with made-up ones');
    const fixture = readFileSync(join(project, 'connectors/water/fixtures/payments/water-20260302.dat'), 'latin1').trim().split('\r\n');
    expect(fixture).toHaveLength(20);
    expect(fixture.at(-1)).toMatch(/^T000019 /);
    const certified = await interlocal('certify', 'water', '--offline', '--report', join(project, 'report.html'), '--project', project);
    expect(certified.out).toContain('✓ A figure changed by one, or a record left out, is noticed');
    expect(certified.exit).toBe(0);
    const page = readFileSync(join(project, 'report.html'), 'utf8');
    expect(page).toContain('<caption><h2>Stream payments</h2></caption>');
    expect(page).toContain('Checks that do not apply');
    expect(page).not.toContain('<script');
  });

  test('--sample proposes the key by all of the sample, not by the lines that become the recording', async () => {
    const project = temporaryFolder();
    const sample = join(project, 'fees-20260302.csv');
    // The first column differs in the first 25 rows, and comes again below them.
    const rows = Array.from({ length: 60 }, (_, i) => `R${100 + (i % 25)},L${String(i).padStart(3, '0')},${i}.50`);
    writeFileSync(sample, `Receipt,Line,Fee\n${rows.join('\n')}\n`);
    await interlocal('new', 'connector', 'fees', '--transport', 'folder', '--sample', sample, '--project', project);
    const manifest = readFileSync(join(project, 'connectors/fees/connector.yaml'), 'utf8');
    expect(manifest).toContain('# 60 of 60 values differ, none is empty\n    primary_key: [Line]');
    expect((await interlocal('certify', 'fees', '--offline', '--project', project)).exit).toBe(0);
  });

  test('says what is missing or taken, and writes nothing then', async () => {
    const project = temporaryFolder();
    expect((await interlocal('new', 'connector', 'acme', '--project', project)).err).toContain(
      '--transport is missing. One of folder, http, sftp, soap, sqlserver',
    );
    expect((await interlocal('new', 'connector', 'acme', '--transport', 'stfp', '--project', project)).err).toContain('Did you mean sftp?');
    expect((await interlocal('new', 'connector', 'Acme!', '--transport', 'sftp', '--project', project)).err).toContain(
      'cannot be a connector',
    );
    expect(existsSync(join(project, 'connectors'))).toBe(false);
    await interlocal('new', 'connector', 'acme', '--transport', 'sftp', '--format', 'csv', '--project', project);
    expect((await interlocal('new', 'connector', 'acme', '--transport', 'sftp', '--format', 'csv', '--project', project)).err).toContain(
      'A connector of this name already exists.',
    );
  });
});

describe('interlocal new connector, at a terminal', () => {
  /** Answers typed ahead, as to a terminal. */
  async function typed(answers: string[], ...flags: string[]): Promise<{ exit: number; asked: string; project: string }> {
    const project = temporaryFolder();
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const output = new PassThrough();
    let asked = '';
    output.on('data', (part) => void (asked += String(part)));
    input.end(answers.map((answer) => `${answer}\n`).join(''));
    const out = vi.spyOn(process.stdout, 'write').mockImplementation(() => true);
    const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((asked += String(text)), true));
    try {
      const argv = ['new', 'connector', ...flags, '--project', project];
      return { exit: await runCli(argv, [(cli) => registerNew(cli, { input, output })], '0.0.0'), asked, project };
    } finally {
      out.mockRestore();
      err.mockRestore();
    }
  }

  test('asks for what no flag says, again where an answer is none, and writes a pack that certifies', async () => {
    const { exit, asked, project } = await typed(['Acme!', 'acme-till', 'ftp', '1', '/nowhere', '', 'xml', 'y']);
    expect(exit).toBe(0);
    expect(asked).toContain('"Acme!" cannot be a connector\'s name.');
    expect(asked).toContain('"ftp" is not one of them.');
    expect(asked).toContain('There is no file /nowhere.');
    const manifest = readFileSync(join(project, 'connectors/acme-till/connector.yaml'), 'utf8');
    expect(manifest).toContain('transport: folder');
    expect(manifest).toContain('payments-in:');
    expect(manifest).toContain('row: Payments/Payment');
    expect((await interlocal('certify', 'acme-till', '--offline', '--project', project)).exit).toBe(0);
  });

  test('takes a sample by its name', async () => {
    const sample = join(temporaryFolder(), 'bills.csv');
    writeFileSync(sample, 'Bill;Betrag\n0001;12,50\n0002;7,00\n');
    const { exit, project } = await typed(['bills', 'sftp', sample, 'n']);
    expect(exit).toBe(0);
    expect(existsSync(join(project, 'connectors/bills/fixtures/bills/bills.csv'))).toBe(true);
  });

  test('asks a vendor of a SOAP service for its WSDL, and begins with its operations', async () => {
    const { exit, asked, project } = await typed(['acme', 'soap', join(import.meta.dirname, 'bills.wsdl')]);
    expect(exit).toBe(0);
    expect(asked).toContain('The WSDL of the service');
    expect(readFileSync(join(project, 'connectors/acme/connector.yaml'), 'utf8')).toContain('operation: GetBills');
  });

  test('does not ask where flags say everything', async () => {
    const { exit, asked } = await typed([], 'acme', '--transport', 'sftp', '--format', 'csv');
    expect([exit, asked]).toEqual([0, '']);
  });

  test('writes nothing when the answers end', async () => {
    const { exit, asked, project } = await typed(['acme', 'sftp']);
    expect(exit).toBe(2);
    expect(asked).toContain('The question was not answered, so nothing was done.');
    expect(existsSync(join(project, 'connectors'))).toBe(false);
  });

  test('asks nothing with --json', async () => {
    const { exit, asked } = await typed(['acme'], '--json');
    expect(exit).toBe(2);
    expect(asked).not.toContain('such as acme-ledger');
  });
});

describe('interlocal certify', () => {
  test('fails with 1 and says what to do; --write-records takes what is read now', async () => {
    const project = temporaryFolder();
    await interlocal('new', 'connector', 'acme', '--transport', 'folder', '--format', 'csv', '--project', project);
    const file = join(project, 'connectors/acme/fixtures/payments/payments-20260302.csv');
    writeFileSync(file, readFileSync(file, 'utf8').replace('24.50', '25.50'));
    const failed = await interlocal('certify', 'acme', '--offline', '--project', project);
    expect(failed.exit).toBe(1);
    expect(failed.out).toContain('amount is "25.50", but records.json says "24.50"');
    expect(failed.out).toContain('Not certified.');
    const fixed = await interlocal('certify', 'acme', '--offline', '--write-records', '--project', project);
    expect(fixed.err).toContain('Wrote fixtures/payments/records.json: review it line by line');
    expect(fixed.exit).toBe(0);
    writeFileSync(file, 'number;paid\n1;2\n');
    const other = await interlocal('certify', 'acme', '--offline', '--write-records', '--project', project);
    expect(other.err).toMatch(
      /payments-20260302\.csv does not read, and is written down as refused \([A-Z_]+: .*\) Check whether that is right\./,
    );
  });

  test('a name that is not one is answered with the one that was meant', async () => {
    const { exit, err } = await interlocal('certify', 'rectrak', '--offline');
    expect(exit).toBe(2);
    expect(err).toContain('There is no connector "rectrak". Did you mean rectrac?');
  });
});

test('interlocal discover wants one thing to look at', async () => {
  expect((await interlocal('discover')).err).toContain('Name one: a connection, --file FILE or --wsdl ADDRESS.');
  expect((await interlocal('discover', '--file', '/nowhere/at-all.csv')).err).toContain('The file cannot be read: there is no such file.');
});

function tillRows(): RawRow[] {
  const rows = [['number', 'payer', 'amount'], ...Array.from({ length: 30 }, (_, i) => [`000${100 + i}`, `Payer ${i}`, `${i}.5`])];
  return rows.map((values, i) => ({
    number: i + 1,
    cells: values.map((value, column) => ({ column, style: 0, type: i > 0 && column === 2 ? 'n' : 'inlineStr', value, formula: false })),
  }));
}
