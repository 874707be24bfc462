import { describe, expect, it } from 'vitest';
import { loadProject, openProject } from '../../src/config/load.ts';
import { textOfProblem } from '../../src/core/errors.ts';
import { changed, problemsOf, TOWN, transports, writeTown } from './town.ts';

const OWN = ['config/interlocal.yaml', 'config/connections.yaml', 'pipelines/clerk-payments.yaml'];
const town = (more: Record<string, string> = {}) =>
  writeTown({
    ...Object.fromEntries(OWN.map((name) => [name, TOWN[name]!])),
    'config/interlocal.yaml': TOWN['config/interlocal.yaml']!.replace('packs: false', 'packs: true'),
    ...more,
  });
const options = (packsFolder: string) => ({ transports, env: {}, packsFolder });

describe('the packs that are shipped', () => {
  it('give a town connectors, mappings, lookups and a model, but no pipelines and connections', async () => {
    const project = await openProject(town(), options(writeTown(changed({ 'pipelines/other.yaml': 'pipeline: other\n' }))));
    expect([...project.connectors.keys(), ...project.mappings.keys(), ...project.lookups.keys(), ...project.entities.keys()]).toEqual([
      'clerk-files',
      'receipt.from-clerk-files',
      'tenders',
      'receipt',
    ]);
    expect([...project.pipelines.keys()]).toEqual(['clerk-payments']);
  });

  it('are overridden by a file of the same name', async () => {
    const own = TOWN['config/model/receipt.yaml']!.replace('title: Receipt', 'title: Our receipt');
    const project = await openProject(town({ 'config/model/receipt.yaml': own }), options(writeTown(TOWN)));
    expect(project.entities.get('receipt')!.value.title).toBe('Our receipt');
    expect(project.entities.size).toBe(1);
  });

  it('may have what does not fit the town, as long as the town does not use it', async () => {
    const packs = writeTown(
      changed({
        'mappings/receipt.from-elsewhere.yaml':
          'mapping: receipt.from-elsewhere\nentity: receipt\nfrom: { connector: elsewhere, stream: s }\nfields: { nothing: x }\n',
      }),
    );
    expect((await loadProject(town(), options(packs))).problems).toEqual([]);
    const using = town({
      'pipelines/clerk-payments.yaml': TOWN['pipelines/clerk-payments.yaml']!.replace(']', ', receipt.from-elsewhere]'),
    });
    expect((await loadProject(using, options(packs))).problems.map((p) => p.code)).toContain('REFERENCE_UNKNOWN');
  });

  it('are read only where the town uses them, and yet can be suggested by name', async () => {
    const manifest = 'connectors/clerk-files/connector.yaml';
    const packs = writeTown({
      ...TOWN,
      'connectors/parking/connector.yaml': 'connector: parking\nnot_a_key: 1\n',
      'mappings/receipt.from-parking.yaml': 'mapping: receipt.from-parking\nnot_a_key: 1\n',
    });
    const project = await openProject(town(), options(packs));
    expect([...project.connectors.keys(), ...project.mappings.keys()]).toEqual(['clerk-files', 'receipt.from-clerk-files']);
    const all = await loadProject(town(), { ...options(packs), unused: true });
    expect(all.problems.map((p) => p.place.file)).toEqual(
      expect.arrayContaining([`${packs}/connectors/parking/connector.yaml`, `${packs}/mappings/receipt.from-parking.yaml`]),
    );

    const connections = TOWN['config/connections.yaml']!.replace('connector: clerk-files', 'connector: parkin');
    const wrong = await loadProject(town({ 'config/connections.yaml': connections }), options(packs));
    expect(wrong.problems.map((p) => p.hint)).toContain('Did you mean parking?');
    // Used by a mapping of the town's own alone, and by a pipeline with another mistake.
    const own = {
      'mappings/receipt.from-own.yaml': TOWN['mappings/receipt.from-clerk-files.yaml']!.replace(
        /^mapping: .*/m,
        'mapping: receipt.from-own',
      ),
    };
    const noConnections = { 'config/connections.yaml': 'connections: {}\n', 'pipelines/clerk-payments.yaml': '' };
    const broken = writeTown(changed({ [manifest]: ['title:', 'titel:'] }));
    for (const more of [
      { ...own, ...noConnections },
      { 'pipelines/clerk-payments.yaml': `${TOWN['pipelines/clerk-payments.yaml']!}not_a_key: 1\n` },
    ])
      expect((await loadProject(town(more), options(broken))).problems.map((p) => p.place.file)).toContain(`${broken}/${manifest}`);
  });

  it('are named by their whole path in problems, since they are not in the town', async () => {
    const packs = writeTown(changed({ 'config/model/receipt.yaml': ['title: Receipt', 'titel: Receipt'] }));
    const { problems } = await loadProject(town(), options(packs));
    expect(problems.map(textOfProblem)).toEqual([
      `${packs}/config/model/receipt.yaml:2:1 titel: "titel" is not a known key here. Did you mean title? [KEY_UNKNOWN]`,
    ]);
  });

  it('are not read twice when the town is the folder that they are shipped in', async () => {
    const folder = writeTown(changed({ 'config/interlocal.yaml': ['packs: false', 'packs: true'] }));
    const { problems } = await loadProject(folder, options(folder));
    expect(problems).toEqual([]);
  });

  it('are left out with packs: false', async () => {
    const folder = town({ 'config/interlocal.yaml': TOWN['config/interlocal.yaml']! });
    const { problems } = await loadProject(folder, options(writeTown(TOWN)));
    expect(problems.map((p) => p.message)).toContain('there is no connector "clerk-files".');
  });
});

describe("this machine's connections.local.yaml", () => {
  it('changes single options, takes one away, and leaves the others', async () => {
    const local = 'connections:\n  clerk:\n    options:\n      host: localhost\n      port: 2022\n      password:\n';
    const project = await openProject(writeTown({ ...TOWN, 'config/connections.local.yaml': local }), { transports, env: {} });
    expect(project.connections.clerk).toEqual({
      connector: 'clerk-files',
      title: 'Town clerk',
      options: { host: 'localhost', port: 2022, username: 'interlocal', office: '01' },
    });
  });

  it('is where its own mistakes are reported', async () => {
    expect(
      await problemsOf({ ...TOWN, 'config/connections.local.yaml': 'connections:\n  clerk:\n    options:\n      port: many\n' }),
    ).toEqual(['config/connections.local.yaml:4:13 connections.clerk.options.port: must be a number, but is "many". [TYPE_WRONG]']);
  });
});
