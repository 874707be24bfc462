import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadProject, openProject } from '../../src/config/load.ts';
import { ConfigError, textOfProblem } from '../../src/core/errors.ts';
import { changed, problemsOf, TOWN, transports, writeTown } from './town.ts';

const MANIFEST = 'connectors/clerk-files/connector.yaml';
const MAPPING = 'mappings/receipt.from-clerk-files.yaml';

describe('a town in which everything is right', () => {
  it('loads with every part by its name and defaults filled in', async () => {
    const project = await openProject(writeTown(TOWN), { transports, env: {} });
    expect([...project.connectors.keys()]).toEqual(['clerk-files']);
    expect([...project.mappings.keys()]).toEqual(['receipt.from-clerk-files']);
    expect([...project.pipelines.keys()]).toEqual(['clerk-check', 'clerk-payments']);
    expect(project.pipelines.get('clerk-payments')!.value.mode).toBe('live');
    expect(project.lookups.get('tenders')!.rows[1]).toEqual({ from: '2', to: 'check' });
    expect(project.connections.clerk!.options.password).toBe('${env:CLERK_PASSWORD}');
    expect(project.dataFolder).toBe(join(project.folder, 'data'));
    expect(project.mappings.get('receipt.from-clerk-files')!.at(['fields', 'amount', 'parse'])).toEqual({
      file: MAPPING,
      line: 11,
      column: 12,
    });
  });

  it('takes the port from PORT, as hosting platforms set it', async () => {
    const project = await openProject(writeTown(TOWN), { env: { PORT: '9000' } });
    expect(project.config.server.port).toBe(9000);
  });
});

/** What is changed → every problem that is then reported. */
const CASES: [gain: string, change: Parameters<typeof changed>[0], problems: string[]][] = [
  [
    'YAML_SYNTAX: a tab is found where it stands',
    { 'config/interlocal.yaml': ['  currency', '\tcurrency'] },
    ['config/interlocal.yaml:4:1: this line is indented with a tab. YAML allows only spaces: replace the tab with spaces. [YAML_SYNTAX]'],
  ],
  [
    'YAML_SYNTAX: a bracket that is not closed',
    { 'config/model/receipt.yaml': ['identity: [receipt_number]', 'identity: [receipt_number'] },
    ['config/model/receipt.yaml:9:1: a [ or { further up is not closed. Add the ] or } that is missing. [YAML_SYNTAX]'],
  ],
  [
    'YAML_SYNTAX: a quote that is not closed',
    { 'config/interlocal.yaml': ['Maple Falls', '"Maple Falls'] },
    [
      'config/interlocal.yaml:2:9: a quote is not closed. Close it in the same line. A quote inside a text: write the text in the other kind of quotes, "O\'Brien". [YAML_SYNTAX]',
    ],
  ],
  [
    'YAML_SYNTAX: a line without a colon',
    { 'config/interlocal.yaml': ['packs: false', 'packs=false'] },
    ['config/interlocal.yaml:6:1: this line has no colon with a space after its key. Write key: value. [YAML_SYNTAX]'],
  ],
  [
    'KEY_DUPLICATE: the second of two equal keys',
    { 'pipelines/clerk-payments.yaml': ['schedule:', 'pipeline: other\nschedule:'] },
    ['pipelines/clerk-payments.yaml:2:1: the key "pipeline" appears a second time in the same group. Keep one of the two. [KEY_DUPLICATE]'],
  ],
  [
    'KEY_UNKNOWN: a misspelled key with what was meant, and not that the right one is missing',
    { [MANIFEST]: ['    retriever:', '    retreiver:'] },
    [`${MANIFEST}:11:5 streams.payments.retreiver: "retreiver" is not a known key here. Did you mean retriever? [KEY_UNKNOWN]`],
  ],
  [
    'KEY_UNKNOWN: what is known, where nothing is near',
    { 'config/interlocal.yaml': ['packs: false', 'packs: false\nserver: { color: red }'] },
    ['config/interlocal.yaml:7:11 server.color: "color" is not a known key here. Known keys: host, port, names. [KEY_UNKNOWN]'],
  ],
  [
    'KEY_UNKNOWN: an option that neither the transport nor the connector has',
    { 'config/connections.yaml': ['username:', 'usename:'] },
    [
      'config/connections.yaml:7:7 connections.clerk.options.usename: "usename" is not a known key here. Did you mean username? [KEY_UNKNOWN]',
    ],
  ],
  [
    'KEY_MISSING: at the group that lacks it',
    { 'config/interlocal.yaml': ['  currency: USD\n', ''] },
    ['config/interlocal.yaml:1:1 town.currency: the key "currency" is missing. currency: ISO 4217 code. [KEY_MISSING]'],
  ],
  [
    'KEY_MISSING: one of several',
    { 'pipelines/clerk-payments.yaml': ['source: { connection: clerk, stream: payments }\n', ''] },
    ['pipelines/clerk-payments.yaml:1:1: needs one of source, reconcile, deliver. [KEY_MISSING]'],
  ],
  [
    'KEY_MISSING: an empty file',
    { 'config/model/receipt.yaml': '# nothing yet\n' },
    ['config/model/receipt.yaml:1:1: this file is empty, so it means nothing. Put back what was in it, or remove the file. [KEY_MISSING]'],
  ],
  [
    'TYPE_WRONG: a number where text is needed',
    { 'config/interlocal.yaml': ['Maple Falls', '1776'] },
    ['config/interlocal.yaml:2:9 town.name: must be text, but is the number 1776. Write it in quotes: "1776". [TYPE_WRONG]'],
  ],
  [
    'TYPE_WRONG: leading zeros that would be lost where text is needed',
    { 'config/connections.yaml': ['"01"', '01'] },
    [
      'config/connections.yaml:9:15 connections.clerk.options.office: must be one of 01, 02, but is the number 01. Write it in quotes: "01". [VALUE_INVALID]',
    ],
  ],
  [
    'TYPE_WRONG: leading zeros that would be lost where anything may stand',
    { [MAPPING]: ['"00000042", paid', '00000042, paid'] },
    [
      `${MAPPING}:17:23 tests[0].record.number: 00000042 without quotes is read as the number 42. Write it in quotes: "00000042". [TYPE_WRONG]`,
    ],
  ],
  [
    'TYPE_WRONG: leading zeros of a key',
    { [MANIFEST]: ['          T:\n', '          01:\n'] },
    [
      `${MANIFEST}:25:11 streams.payments.decoder.fixed_width.record_types.1: the key 01 without quotes is read as the number 1. Write it in quotes: "01". [TYPE_WRONG]`,
      `${MANIFEST}:33:15 streams.payments.control[0].type: there is no record type "T" in the decoder. Known: 1, D. [REFERENCE_UNKNOWN]`,
    ],
  ],
  [
    'TYPE_WRONG: yes, which YAML 1.2 takes for a text',
    { 'config/interlocal.yaml': ['packs: false', 'packs: no'] },
    ['config/interlocal.yaml:6:8 packs: must be true or false, but is "no". Write false. [TYPE_WRONG]'],
  ],
  [
    'TYPE_WRONG: one value where a list is needed',
    { 'pipelines/clerk-payments.yaml': ['[receipt.from-clerk-files]', 'receipt.from-clerk-files'] },
    [
      'pipelines/clerk-payments.yaml:4:11 mappings: must be a list, but is "receipt.from-clerk-files". Write it as a list: [receipt.from-clerk-files]. [TYPE_WRONG]',
    ],
  ],
  [
    'TYPE_WRONG: every kind that would be right',
    { [MANIFEST]: ['primary_key: [number]', 'primary_key: number'] },
    [
      `${MANIFEST}:42:18 streams.payments.primary_key: must be a list or a group of keys, but is "number". Write it as a list: [number]. [TYPE_WRONG]`,
    ],
  ],
  [
    'VALUE_INVALID: what is allowed and what was meant',
    { [MANIFEST]: ['transport: sftp', 'transport: stfp'] },
    [`${MANIFEST}:4:12 transport: must be one of folder, http, sftp, soap, sqlserver, but is "stfp". Did you mean sftp? [VALUE_INVALID]`],
  ],
  [
    'VALUE_INVALID: a time zone that is not one',
    { 'config/interlocal.yaml': ['America/New_York', 'America/NewYork'] },
    [
      'config/interlocal.yaml:3:14 town.time_zone: "America/NewYork" is not a time zone; use an IANA name such as America/New_York. [VALUE_INVALID]',
    ],
  ],
  [
    'FILE_MISSING: a connector folder without a manifest',
    { 'connectors/empty/README.md': 'nothing' },
    [
      'connectors/empty/connector.yaml: this folder below connectors/ has no connector.yaml, so it is no connector. Put connector.yaml into it, or remove the folder. [FILE_MISSING]',
    ],
  ],
  [
    'SECRET_LITERAL: a password in the file, without showing it',
    { 'config/connections.yaml': ['${env:CLERK_PASSWORD}', 'hunter2'] },
    [
      'config/connections.yaml:8:17 connections.clerk.options.password: a password or key must not be written in this file itself. Write ${env:NAME} here and put the secret into that environment variable, or ${file:secrets/name} and put it into that file. [SECRET_LITERAL]',
    ],
  ],
];

describe('each mistake is reported once, where it stands, with what to do', () => {
  it.each(CASES)('%s', async (_, change, problems) => {
    expect(await problemsOf(changed(change))).toEqual(problems);
  });

  it('SECRET_MISSING: names the option and what it needs, when secrets are looked for', async () => {
    expect(await problemsOf(TOWN, { secrets: true, env: { CLERK_PASWORD: 'x' } })).toEqual([
      'config/connections.yaml:8:17 connections.clerk.options.password: the option password of the connection clerk needs the environment variable CLERK_PASSWORD, which is not set. CLERK_PASWORD is set: did you mean that? [SECRET_MISSING]',
    ]);
    expect(
      await problemsOf(changed({ 'config/connections.yaml': ['${env:CLERK_PASSWORD}', '${file:secrets/clerk}'] }), { secrets: true }),
    ).toEqual([
      "config/connections.yaml:8:17 connections.clerk.options.password: the option password of the connection clerk needs the file secrets/clerk, which does not exist. Create it in the town's folder, with the password or key in it and nothing else. [SECRET_MISSING]",
    ]);
    expect(await problemsOf(TOWN, { secrets: true, env: { CLERK_PASSWORD: 'x' } })).toEqual([]);
  });

  it('FILE_MISSING: a folder that is not there, or is no town, says what to do', async () => {
    const folder = writeTown({});
    const at = async (path: string) => (await loadProject(path)).problems.map(textOfProblem);
    expect(await at(join(folder, 'nowhere'))).toEqual([
      `${folder}/nowhere: there is no such folder. Name the town's folder with --project, or create one: interlocal init ${folder}/nowhere [FILE_MISSING]`,
    ]);
    mkdirSync(join(folder, 'config'));
    expect(await at(folder)).toEqual([
      `${folder}/config/interlocal.yaml: this folder has no config/interlocal.yaml, so it is not a town's folder. Name the town's folder with --project, or create one: interlocal init DIR [FILE_MISSING]`,
    ]);
  });

  it('FILE_ENCODING: a lookup that Excel saved in another encoding', async () => {
    const folder = writeTown(TOWN);
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(folder, 'mappings/lookups/tenders.csv'), Buffer.from('from,to\n1,cash\n2,check\n3,card\n4,ch\xe8que\n', 'latin1'));
    const { problems } = await loadProject(folder, { transports, env: {} });
    expect(problems.map(textOfProblem)[0]).toBe(
      'mappings/lookups/tenders.csv:5:1: this line has characters that are not UTF-8, so the file cannot be read. Save the file again as UTF-8 (in Excel: "CSV UTF-8"). [FILE_ENCODING]',
    );
  });
});

describe('all problems of all files', () => {
  it('come at once, by file and line', async () => {
    const problems = await problemsOf(
      changed({
        'config/interlocal.yaml': ['America/New_York', 'Mars/Olympus'],
        [MAPPING]: ['from: paid', 'from: payed'],
        'pipelines/clerk-payments.yaml': 'pipeline: clerk-payments\nmode: on\nsorce: { connection: clerk, stream: payments }\n',
        'config/connections.yaml': ['username: interlocal', 'username: 5'],
      }),
    );
    expect(problems.map((text) => text.split(' ')[0])).toEqual([
      'config/connections.yaml:7:17',
      'config/interlocal.yaml:3:14',
      `${MAPPING}:7:11`,
      'pipelines/clerk-payments.yaml:2:7',
      'pipelines/clerk-payments.yaml:3:1',
    ]);
  });

  it('are thrown together by openProject', async () => {
    const folder = writeTown(changed({ 'config/interlocal.yaml': 'town: 5\nport: 1\n' }));
    const error: unknown = await openProject(folder, { env: {} }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems.map((p) => p.code)).toEqual(['TYPE_WRONG', 'KEY_UNKNOWN']);
  });
});
