import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolder } from '../core/make-folder.ts';
import { ConfigError } from '../core/errors.ts';
import { explainIssues } from './explain.ts';
import { jsonSchemaFiles, YAML_KINDS } from './json-schemas.ts';
import { interlocalSchema } from './schema/interlocal.ts';

/** What a town says of itself when its folder is made. */
export interface NewTown {
  name?: string | undefined;
  time_zone?: string | undefined;
  currency?: string | undefined;
  fiscal_year_starts?: string | undefined;
}

/**
 * Makes a town's folder that is valid at once. Gives the names of the files. `transports`: their names, for editors. Throws ConfigError when the folder has
 * something in it already (but for .git) or the town's values are wrong, and what the system says where it cannot be written; nothing is there then.
 */
export async function makeTown(folder: string, given: NewTown, transports: readonly string[]): Promise<string[]> {
  const root = resolve(folder);
  const town = {
    name: given.name ?? basename(root),
    time_zone: given.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    currency: given.currency ?? 'USD',
    fiscal_year_starts: given.fiscal_year_starts ?? '01-01',
  };
  checkTown(town);
  const schemas = Object.entries(jsonSchemaFiles(transports)).map(([name, text]) => [`config/schemas/${name}`, text] as const);
  const files = [...Object.entries(textsOfTown(town)), ...schemas];
  await refuseUsedFolder(folder, root, new Map(files));
  await writeAll(root, files);
  return files.map(([name]) => name);
}

/** What makes a folder a town's. It comes last and at once, so where `init` was killed the folder is none, and the next try goes on. */
const TOWN = 'config/interlocal.yaml';
const UNFINISHED = 'config/.interlocal.yaml.part';

/** All of them or none: what a full disk ends leaves the folder as it was, so that the next try finds it new or empty. */
async function writeAll(root: string, files: readonly (readonly [name: string, text: string])[]): Promise<void> {
  const begun: string[] = [];
  let made: string | undefined;
  try {
    made = await makeFolder(root);
    for (const [name, text] of [...files.filter(([name]) => name !== TOWN), ...files.filter(([name]) => name === TOWN)]) {
      const file = join(root, name === TOWN ? UNFINISHED : name);
      await makeFolder(dirname(file));
      begun.push(file);
      // A write names no file when it fails.
      await writeFile(file, text, { flush: true }).catch((error: unknown) => {
        throw Object.assign(error as Error, { path: file, syscall: 'write' });
      });
    }
    await rename(join(root, UNFINISHED), join(root, TOWN));
  } catch (error) {
    for (const file of begun) await rm(file, { force: true }).catch(() => undefined);
    await removeEmpty(begun.map(dirname), root, made);
    throw error;
  }
}

/** The folders that hold nothing anymore, from the inside; `made`: the outermost that was made for the town's own. */
async function removeEmpty(folders: readonly string[], root: string, made: string | undefined): Promise<void> {
  const inside = new Set<string>();
  for (const folder of folders) for (let at = folder; at !== root && at.startsWith(root); at = dirname(at)) inside.add(at);
  for (let at = root; made !== undefined && at.startsWith(made); at = dirname(at)) inside.add(at);
  for (const folder of [...inside].sort((a, b) => b.length - a.length)) await rmdir(folder).catch(() => undefined);
}

async function refuseUsedFolder(folder: string, root: string, files: ReadonlyMap<string, string>): Promise<void> {
  if (!existsSync(root)) return;
  let entries: string[];
  try {
    entries = (await readdir(root)).filter((name) => name !== '.git');
  } catch {
    throw new ConfigError({
      code: 'FOLDER_NOT_EMPTY',
      place: { file: folder },
      message: 'a file of this name is there already, so no folder for a town can be made here; nothing was changed.',
      hint: 'Give interlocal init the name of a new folder.',
    });
  }
  if (entries.includes('config') && existsSync(join(root, TOWN)))
    throw new ConfigError({
      code: 'FOLDER_NOT_EMPTY',
      place: { file: folder },
      message: "this is already a town's folder.",
      hint: 'Nothing was changed in it. To check it, run interlocal validate there; after an upgrade of Interlocal, run interlocal schemas.',
    });
  if (entries.length > 0 && !(await isUnfinished(root, '', files)))
    throw new ConfigError({
      code: 'FOLDER_NOT_EMPTY',
      place: { file: folder },
      message: `the folder is not empty: it has ${entries.slice(0, 3).join(', ')}${entries.length > 3 ? ' and more' : ''}.`,
      hint: 'Name a new folder, or empty this one.',
    });
}

/** Is all that is there what `init` writes, as far as it came? Then nobody has put anything into the folder. */
async function isUnfinished(root: string, below: string, files: ReadonlyMap<string, string>): Promise<boolean> {
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const name = below === '' ? entry.name : `${below}/${entry.name}`;
    if (name === '.git') continue;
    if (entry.isDirectory()) {
      if (![...files.keys()].some((file) => file.startsWith(`${name}/`)) || !(await isUnfinished(root, name, files))) return false;
      continue;
    }
    const text = files.get(name === UNFINISHED ? TOWN : name);
    if (text === undefined || !entry.isFile() || !text.startsWith(await readFile(join(root, name), 'utf8'))) return false;
  }
  return true;
}

/** The same rules as for the file; problems name the option of the command. */
function checkTown(town: Record<string, string>): void {
  const schema = interlocalSchema.shape.town;
  const parsed = schema.safeParse(town);
  if (parsed.success) return;
  const nowhere = { file: '', line: 0, column: 0 };
  const problems = explainIssues(parsed.error.issues, schema, town, { at: () => nowhere, keyAt: () => nowhere, source: () => undefined });
  throw new ConfigError(
    problems.map((problem) => ({ ...problem, place: { path: `--${(problem.place.path ?? '').replaceAll('_', '-')}` } })),
  );
}

function textsOfTown(town: { name: string; time_zone: string; currency: string; fiscal_year_starts: string }): Record<string, string> {
  const quoted = JSON.stringify;
  return {
    'config/interlocal.yaml': `# yaml-language-server: $schema=./schemas/interlocal.json
# The town itself. Every file here is plain text: keep the whole folder in version control.

town:
  name: ${quoted(town.name)}
  # Schedules and dates are in this time zone. Names are listed at https://en.wikipedia.org/wiki/List_of_tz_database_time_zones
  time_zone: ${town.time_zone}
  # ISO code of the currency of every amount that does not name its own.
  currency: ${town.currency}
  # First day of the fiscal year, month-day: "07-01" is 1 July.
  fiscal_year_starts: "${town.fiscal_year_starts}"

# Connectors, mappings and the model that come with Interlocal can be used by name. To change one, put a file of the
# same name into this folder: yours is then used. false: use nothing but what is in this folder.
packs: true

# Where records are kept. This is a file in this folder, made at the first run. It can be on a
# database server instead: see "A store on a database server" in docs/it.md.
store:
  url: sqlite:data/interlocal.db

# The web pages (interlocal serve). 127.0.0.1: only this computer can open them.
server:
  host: 127.0.0.1
  port: 8650
`,
    'config/connections.yaml': `# yaml-language-server: $schema=./schemas/connections.json
# The systems of this town. Each entry is one system: which connector it is read with, and how it is reached.
#
# Never put passwords or keys here. Write where they are instead:
#   \${env:CLERK_PASSWORD}     the environment variable CLERK_PASSWORD
#   \${file:secrets/clerk}     the file secrets/clerk in this folder (git ignores secrets/)
#
# An example. Remove the # from each line and put your own values in; your connector's README says what it needs.
#
#   clerk:
#     connector: clerk-files          # a folder under connectors/, here or shipped
#     title: Town clerk's daily files
#     options:
#       host: files.example.org
#       username: interlocal
#       password: \${env:CLERK_PASSWORD}
#
# What is different on one machine, such as a test server, goes into config/connections.local.yaml, which git ignores.
# It says only what differs, under the same names; an option without a value is removed:
#
#   connections:
#     clerk:
#       options:
#         host: localhost

connections:
`,
    '.gitignore': `# Records and logs; secrets; what applies to this machine only.
data/
secrets/
*.key.pem
config/connections.local.yaml
`,
    '.gitattributes': `# Connectors are identified by their bytes (interlocal packs --verify), and recordings test line ends: git must not change either.
connectors/** -text
`,
    '.vscode/settings.json': `${JSON.stringify({ 'yaml.schemas': Object.fromEntries(Object.entries(YAML_KINDS).map(([kind, { files }]) => [`./config/schemas/${kind}.json`, [...files]])) }, null, 2)}\n`,
    '.vscode/extensions.json': `${JSON.stringify({ recommendations: ['redhat.vscode-yaml'] }, null, 2)}\n`,
    'connectors/README.md': `One folder for each kind of system that Interlocal does not ship a connector for, or that you change:
\`connectors/<name>/connector.yaml\` says how it is read. Nothing has to be here.
`,
    'mappings/README.md': `One file for each mapping from a system's records to the town's own: \`mappings/<entity>.from-<connector>.yaml\`.
Each has its tests inside; \`interlocal test\` runs them.
`,
    'mappings/lookups/README.md': `Code tables: \`mappings/lookups/<name>.csv\`, saved as UTF-8, with a first row \`from,to\`.
Where a code changed its meaning on a day, add the columns \`valid_from,valid_to\` (YYYY-MM-DD; both days count).
`,
    'pipelines/README.md': `What flows, and when: \`pipelines/<name>.yaml\` names a connection, what to read from it, the mappings and the schedule.
Reconciliations, pipelines that compare two sides, are here too.
`,
    'README.md': `# ${town.name}: Interlocal

The configuration of Interlocal for ${town.name}: its systems, what is read from them, and what happens with it.

| folder | what is in it |
|---|---|
| config/interlocal.yaml | the town: name, time zone, fiscal year |
| config/connections.yaml | its systems and how they are reached, without passwords |
| connectors/ mappings/ | what is particular to this town; the rest comes with Interlocal |
| pipelines/ | what flows, and when |
| data/ secrets/ | records and passwords; not in version control, back them up |

## The next five commands

1. \`interlocal validate\` checks everything in this folder and says how to fix what is wrong.
2. \`interlocal check\` tests each system in config/connections.yaml: host key, password, permissions.
3. \`interlocal preview PIPELINE\` shows what a run would change, and changes nothing.
4. \`interlocal run PIPELINE\` runs it. It can be stopped and started again at any time.
5. \`interlocal serve\` serves the web pages and runs every pipeline on its schedule.

Run them in this folder, or add \`--project\` and its path. After an upgrade of Interlocal run \`interlocal schemas\`, so
that your editor knows the new keys.
`,
  };
}
