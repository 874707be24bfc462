import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Certificate } from '../../src/authoring/certify/finding.ts';
import { wsdlFiles } from '../../src/authoring/scaffold/skeleton-soap.ts';
import { commandLine, type Said } from '../cli/command-line.ts';
import { temporaryFolder } from './packs.ts';

const here = (path: string): string => join(import.meta.dirname, path);

function interlocal(...args: string[]): Promise<Said> {
  return commandLine(args);
}

describe("interlocal new connector --transport soap --sample takes the service's own operations", () => {
  test.each([
    ['two operations, imports and types derived from one another', 'licence-service/licences.wsdl', ['licences', 'owners']],
    ['a login, pages and a total', 'bills.wsdl', ['bills']],
    ['a session in the header, and an answer that says whether there are more', 'header.wsdl', ['pickups']],
    ['SOAP 1.2, split over several files', '../transports/permit-service/permits-soap12.wsdl', ['permits']],
  ])('%s: a pack that certifies at once', { timeout: 120_000 }, async (_, wsdl, streams) => {
    const project = temporaryFolder();
    const made = await interlocal('new', 'connector', 'acme', '--transport', 'soap', '--sample', here(wsdl), '--project', project);
    expect(made.err).toBe('');
    expect(made.out).toContain('The answers are invented from the types that the WSDL declares');
    const certified = await interlocal('certify', 'acme', '--offline', '--json', '--project', project);
    const [certificate] = (JSON.parse(certified.out) as { certificates: Certificate[] }).certificates;
    expect(certificate!.findings.filter((f) => f.state === 'failed')).toEqual([]);
    expect([...new Set(certificate!.findings.flatMap((f) => f.stream ?? []))]).toEqual(streams);
  });

  test('what the WSDL imports is next to it in the pack, and is read from there', async () => {
    const project = temporaryFolder();
    const wsdl = here('licence-service/licences.wsdl');
    await interlocal('new', 'connector', 'acme', '--transport', 'soap', '--sample', wsdl, '--stream', 'dogs', '--project', project);
    const fixtures = join(project, 'connectors/acme/fixtures');
    expect(readFileSync(join(fixtures, 'licences.wsdl'), 'utf8')).toContain('schemaLocation="messages.xsd"');
    expect(readFileSync(join(fixtures, 'messages.xsd'), 'utf8')).toContain('schemaLocation="common.xsd"');
    const records = JSON.parse(readFileSync(join(fixtures, 'dogs/records.json'), 'utf8')) as { records: object[] };
    expect(records.records[1]).toMatchObject({
      LicenceId: '102',
      Fee: '25.50',
      IssuedOn: '2026-03-03',
      Weight: { unit: 'x', text: '25.50' },
    });
    expect(readFileSync(join(project, 'connectors/acme/README.md'), 'utf8')).toContain('‹The answers in fixtures/ are invented');
  });

  test('or says what to do with a sample that is of no use, and writes nothing', async () => {
    const project = temporaryFolder();
    const refused = async (...flags: string[]): Promise<string> => {
      const { exit, err } = await interlocal('new', 'connector', 'acme', ...flags, '--project', project);
      expect(exit).not.toBe(0);
      return err;
    };
    expect(await refused('--transport', 'soap', '--sample', '/nowhere/a.wsdl')).toMatch(
      /--sample: .*Correct what --sample names.*WSDL_MISSING/,
    );
    expect(await refused('--transport', 'soap', '--sample', here('packs.ts'))).toMatch(/SOAP wants a WSDL.*WSDL_UNREADABLE/);
    expect(await refused('--transport', 'soap', '--sample', here('bills.wsdl'), '--sink')).toMatch(/Leave --sink out.*USAGE/);
    expect(await refused('--transport', 'sqlserver', '--sample', here('bills.wsdl'))).toMatch(
      /Leave --sample out; interlocal discover CONNECTION/,
    );
    expect(await refused('--transport', 'soap', '--sample', here('licence-service/licences.wsdl'), '--stream', 'owners')).toMatch(
      /Another stream of the sample is called owners/,
    );
    expect(await refused('--transport', 'soap', '--format', 'csv')).toMatch(/Leave --format out.*USAGE/);
    expect(await refused('--transport', 'folder', '--sample', here('bills.wsdl'))).toMatch(/This is a WSDL.*--transport soap/);
    expect(existsSync(join(project, 'connectors'))).toBe(false);
  });
});

test('a WSDL from an address, with schemas that are parameters of it, becomes files next to one another', () => {
  const address = 'https://town.example/Permits.svc';
  const texts = new Map([
    [
      `${address}?wsdl`,
      `<import location="${address}?wsdl=wsdl0"/><include schemaLocation="?xsd=xsd0&amp;v=2"/><address location="${address}"/>`,
    ],
    [`${address}?wsdl=wsdl0`, '<definitions/>'],
    [`${address}?xsd=xsd0&v=2`, '<schema/>'],
  ]);
  const files = wsdlFiles({ texts });
  expect(files).toEqual({
    'Permits.svc.wsdl': `<import location="Permits.svc-wsdl-wsdl0.xsd"/><include schemaLocation="Permits.svc-xsd-xsd0-v-2.xsd"/><address location="${address}"/>`,
    'Permits.svc-wsdl-wsdl0.xsd': '<definitions/>',
    'Permits.svc-xsd-xsd0-v-2.xsd': '<schema/>',
  });
});
