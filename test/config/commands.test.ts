import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { registerInit } from '../../src/cli/authoring/init.ts';
import { registerSchemas } from '../../src/cli/authoring/schemas.ts';
import { registerValidate } from '../../src/cli/authoring/validate.ts';
import { writeTown } from './town.ts';

/** Runs one command; what it wrote to stdout and stderr, and its exit code. */
async function run(...argv: string[]): Promise<{ exit: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((text.out += String(chunk)), true));
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => ((text.err += String(chunk)), true));
  try {
    return { exit: await runCli(argv, [registerInit, registerValidate, registerSchemas], '0.0.0'), ...text };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

describe('interlocal init', () => {
  it('makes a folder that is valid at once and says what to do next', async () => {
    const folder = join(writeTown({}), 'maple falls');
    const made = await run(
      'init',
      folder,
      '--name',
      'Maple "Falls" #1: north',
      '--time-zone',
      'America/New_York',
      '--currency',
      'CAD',
      '--fiscal-year-starts',
      '07-01',
    );
    expect(made).toMatchObject({ exit: 0, err: '' });
    expect(made.out).toContain(`interlocal validate --project "${folder}"`);
    expect(await run('validate', '--project', folder)).toMatchObject({ exit: 0, out: expect.stringMatching(/^Valid: 0 connections, /) });
    const { openProject } = await import('../../src/config/load.ts');
    expect((await openProject(folder)).config.town).toEqual({
      name: 'Maple "Falls" #1: north',
      time_zone: 'America/New_York',
      currency: 'CAD',
      fiscal_year_starts: '07-01',
      calendar: { weekend: ['saturday', 'sunday'], holidays: 'us_federal', also: [], open: [] },
    });
  });

  it('names the schema in the first line of each YAML file, and the schema is there', async () => {
    const folder = join(writeTown({}), 'town');
    await run('init', folder);
    for (const name of readdirSync(join(folder, 'config')).filter((file) => file.endsWith('.yaml'))) {
      const schema = /^# yaml-language-server: \$schema=(.+)$/m.exec(
        readFileSync(join(folder, 'config', name), 'utf8').split('\n')[0]!,
      )![1]!;
      expect(existsSync(join(folder, 'config', schema)), schema).toBe(true);
    }
    const settings = JSON.parse(readFileSync(join(folder, '.vscode/settings.json'), 'utf8')) as {
      'yaml.schemas': Record<string, string[]>;
    };
    for (const schema of Object.keys(settings['yaml.schemas'])) expect(existsSync(join(folder, schema)), schema).toBe(true);
  });

  it('keeps records, secrets and what is particular to this machine out of version control', async () => {
    const folder = join(writeTown({}), 'town');
    await run('init', folder);
    expect(readFileSync(join(folder, '.gitignore'), 'utf8').split('\n')).toEqual(
      expect.arrayContaining(['data/', 'secrets/', 'config/connections.local.yaml']),
    );
  });

  it('gives an example of a connection that is right once the # are removed', async () => {
    const folder = join(writeTown({}), 'town');
    await run('init', folder);
    const file = join(folder, 'config/connections.yaml');
    const text = readFileSync(file, 'utf8');
    const example = /^#   clerk:\n(?:#     .*\n)+/m.exec(text)![0].replace(/^# /gm, '');
    writeFileSync(file, text + example);
    const { out } = await run('validate', '--project', folder, '--no-secrets', '--json');
    const problems = (JSON.parse(out) as { problems: { code: string; place: { path: string } }[] }).problems;
    expect(problems.filter((p) => !(p.code === 'REFERENCE_UNKNOWN' && p.place.path === 'connections.clerk.connector'))).toEqual([]);
  });

  it('writes into no folder that has something in it, but into one that has only .git', async () => {
    const folder = writeTown({ 'notes.txt': 'mine' });
    expect(await run('init', folder)).toMatchObject({
      exit: 2,
      err: `${folder}: the folder is not empty: it has notes.txt. Name a new folder, or empty this one. [FOLDER_NOT_EMPTY]\n`,
    });
    expect(readdirSync(folder)).toEqual(['notes.txt']);
    rmSync(join(folder, 'notes.txt'));
    mkdirSync(join(folder, '.git'));
    expect((await run('init', folder)).exit).toBe(0);
    expect((await run('init', folder)).err).toContain("this is already a town's folder.");
  });

  it('refuses what would not be valid, by the name of the option, and writes nothing', async () => {
    const folder = join(writeTown({}), 'town');
    expect(await run('init', folder, '--time-zone', 'Mars', '--fiscal-year-starts', '7-1')).toMatchObject({
      exit: 2,
      err: '--time-zone: "Mars" is not a time zone; use an IANA name such as America/New_York. [VALUE_INVALID]\n--fiscal-year-starts: must be a month and day such as 07-01, but is "7-1". [VALUE_INVALID]\n',
    });
    expect(existsSync(folder)).toBe(false);
  });
});

describe('interlocal validate', () => {
  it('prints all problems and their number, and ends with 2', async () => {
    const folder = writeTown({ 'config/interlocal.yaml': 'town: { name: 5, time_zone: Mars, currency: USD }\npacks: false\n' });
    expect(await run('validate', '--project', folder)).toMatchObject({
      exit: 2,
      out: 'config/interlocal.yaml:1:15 town.name: must be text, but is the number 5. Write it in quotes: "5". [TYPE_WRONG]\nconfig/interlocal.yaml:1:29 town.time_zone: "Mars" is not a time zone; use an IANA name such as America/New_York. [VALUE_INVALID]\n\n2 problems in 1 file.\n',
    });
  });

  it('gives the same as JSON', async () => {
    const folder = writeTown({ 'config/interlocal.yaml': 'town: { name: 5, time_zone: UTC, currency: USD }\npacks: false\n' });
    const { exit, out } = await run('validate', '--project', folder, '--json');
    expect(exit).toBe(2);
    expect(JSON.parse(out)).toEqual({
      valid: false,
      problems: [
        {
          code: 'TYPE_WRONG',
          place: { file: 'config/interlocal.yaml', line: 1, column: 15, path: 'town.name' },
          message: 'must be text, but is the number 5.',
          hint: 'Write it in quotes: "5".',
        },
      ],
    });
  });

  it('finds what only compiling a mapping finds: what is valid also runs', async () => {
    const { TOWN } = await import('./town.ts');
    const mapping = TOWN['mappings/receipt.from-clerk-files.yaml']!.replace(
      'from: amount\n    parse: money',
      'from: amount\n    parse: date',
    );
    const folder = writeTown({
      ...TOWN,
      'mappings/receipt.from-clerk-files.yaml': mapping,
      'config/connections.yaml': TOWN['config/connections.yaml']!.replace(
        'host:',
        'host_key: SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n      host:',
      ),
    });
    const { exit, out } = await run('validate', '--project', folder, '--no-secrets');
    expect(out).toMatch(/^mappings\/receipt\.from-clerk-files\.yaml:1\d:\d+ fields\.amount/);
    expect(exit).toBe(2);
  });
});

describe('interlocal schemas', () => {
  it('writes the schemas into a town, and nowhere else', async () => {
    const folder = writeTown({ 'config/interlocal.yaml': 'town: { name: A, time_zone: UTC, currency: USD }\n' });
    expect((await run('schemas', '--project', folder)).exit).toBe(0);
    expect(readdirSync(join(folder, 'config/schemas'))).toContain('mapping.json');
    const elsewhere = writeTown({});
    expect(await run('schemas', '--project', elsewhere)).toMatchObject({ exit: 2, err: expect.stringContaining('[FILE_MISSING]') });
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});
