import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { knownTransports } from '../../../src/transports/transports.ts';
import { loadProject } from '../../../src/config/load.ts';
import { compileMapping } from '../../../src/mapping/compile.ts';
import { runMappingTests } from '../../../src/mapping/tests.ts';
import { refusal } from '../attempt.ts';
import { applyChanges, changesOf } from '../mutations.ts';
import { ROOT, shippedPacks } from '../pack-files.ts';
import { Fault, subject, type Subject, type Verdict } from '../subject.ts';

/** A town with one connector, and what belongs to it. */
interface Town {
  folder: string;
  files: Map<string, Buffer>;
}
interface Input {
  town: Town;
  file: string;
  bytes: Buffer;
}

const MEANINGFUL = [
  ':',
  ': ',
  '- ',
  '#',
  ' #',
  ',',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '|\n',
  '>-\n',
  '&a ',
  '*a',
  '!!str ',
  '!x ',
  '%',
  '@',
  '`',
  '? ',
  '<<: ',
  '~',
  'null',
  'true',
  '.5',
  '1e3',
  '\\',
  '\n',
  '\n  ',
  '\n    ',
  '  ',
  '\t',
  '---\n',
  '...\n',
  '__proto__: 1\n',
  'constructor',
  '${env:X}',
  '${file:/etc/passwd}',
  '{{ options.x }}',
  '{{',
  '}}',
  '/(a+)+$/',
  '(x+x+)+y',
  '(?<a>',
  '[^',
  '../',
  '../../../etc/passwd',
  '\0',
  '\x1b[2J',
  'é',
  '\u2028',
  '\ufeff',
  '&x [*x]',
  '{'.repeat(200),
  '- '.repeat(200),
  'MM/DD/YYYY',
  'fields',
  'from',
  'lookup: { table: nothing }',
  'parse: { date: YYYY }',
  'for_each: x',
];

/** Every file of a town's configuration, changed: it loads, and its mappings' tests run, or every problem has its code and place. */
export async function configurationSubjects(weights: { manifest: number; mapping: number; town: number }): Promise<Subject[]> {
  const towns = await makeTowns();
  const of = (name: string, weight: number, wanted: (file: string) => boolean): Subject =>
    subject<Input>({
      name,
      weight,
      inputs: fc
        .record({
          town: fc.constantFrom(...towns),
          which: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
          changes: changesOf(MEANINGFUL),
        })
        .map(({ town, which, changes }): Input => {
          const names = [...town.files.keys()].filter(wanted);
          const file = names[Math.floor(which * names.length)]!;
          return { town, file, bytes: applyChanges(town.files.get(file)!, changes) };
        }),
      attempt,
      bytesOf: ({ bytes }) => bytes,
      about: ({ file }) => file,
      close: async () => towns.forEach(({ folder }) => rmSync(folder, { recursive: true, force: true })),
    });
  return [
    of('manifest', weights.manifest, (file) => file.startsWith('connectors/')),
    of('mapping', weights.mapping, (file) => /^mappings\/[^/]*$/.test(file)),
    of('town', weights.town, (file) => !file.startsWith('connectors/') && !/^mappings\/[^/]*$/.test(file)),
  ];
}

async function attempt({ town, file, bytes }: Input): Promise<Verdict> {
  writeTown(town);
  const path = join(town.folder, file);
  writeFileSync(path, bytes);
  try {
    const { project, problems } = await loadProject(town.folder, { transports: await knownTransports(), compileMapping, env: {} });
    if ((project === undefined) !== problems.length > 0) throw new Fault('Neither a project nor a problem, or both.');
    if (!project) {
      for (const { place, code } of problems) if (!place.file) throw new Fault(`The problem ${code} has no file.`);
      return refusal(problems);
    }
    const settings = { currency: project.config.town.currency, timeZone: project.config.town.time_zone, lookups: project.lookups };
    for (const { value: mapping } of project.mappings.values())
      runMappingTests(mapping, project.entities.get(mapping.entity)!.value, settings);
    return { state: 'read', codes: [] };
  } finally {
    writeFileSync(path, town.files.get(file)!);
  }
}

async function makeTowns(): Promise<Town[]> {
  const root = join(tmpdir(), `interlocal-fuzz-towns-${process.pid}`);
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  const read = (path: string) => readFileSync(join(ROOT, path));
  const named = (folder: string, ending: string) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(ending));
  const mappings = named('mappings', '.yaml').map((name) => ({ name, text: read(`mappings/${name}`) }));
  const towns: Town[] = [];
  for (const { id } of await shippedPacks()) {
    const files = new Map<string, Buffer>();
    files.set(
      'config/interlocal.yaml',
      Buffer.from('town: { name: Testville, time_zone: America/New_York, currency: USD }\npacks: false\n'),
    );
    files.set(`connectors/${id}/connector.yaml`, read(`connectors/${id}/connector.yaml`));
    const own = mappings.filter(({ text }) => new RegExp(`connector: ${id}\\b`).test(text.toString()));
    if (own.length === 0) continue;
    for (const { name, text } of own) files.set(`mappings/${name}`, text);
    const all = own.map(({ text }) => text.toString()).join('\n');
    for (const name of named('mappings/lookups', '.csv'))
      if (all.includes(`table: ${name.replace('.csv', '')}`)) files.set(`mappings/lookups/${name}`, read(`mappings/lookups/${name}`));
    for (const name of named('config/model', '.yaml')) files.set(`config/model/${name}`, read(`config/model/${name}`));
    towns.push({ folder: join(root, id), files });
  }
  return towns;
}

/** Only who tries its files needs the folder. */
function writeTown({ folder, files }: Town): void {
  if (existsSync(folder)) return;
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}
