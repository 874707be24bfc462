import { join } from 'node:path';
import { makeFolder } from '../../core/make-folder.ts';
import { stringify } from 'yaml';
import type { IdentityParameters } from '../../config/schema/identity.ts';
import { writeWhole } from '../../config/whole-file.ts';
import { ConfigError } from '../../core/errors.ts';
import { train } from '../../identity/score/train.ts';
import { identityStore, type IdentityStore, type Member } from '../../store/identity/identity.ts';
import { landing } from '../../store/landing/landing.ts';
import type { Engine } from '../run/engine.ts';
import type { MatchedKind } from './members.ts';
import { inOrder } from './place.ts';

/** Below this there is nothing to learn from: the shipped parameters are better. */
const FEWEST = 500;

/** What training estimated, and the file that holds it. */
export interface Training {
  file: string;
  parameters: IdentityParameters;
  /** Populations that had too few records and keep the shipped parameters. */
  untrained: string[];
}

/**
 * Estimates the parameters of an entity from the members in the store and writes them to config/identity/<entity>.yaml, with
 * the version counted up. Nothing is linked in another way until the file is there at the next run: a person can read it first.
 */
export async function trainIdentity(engine: Engine, kind: MatchedKind, { write = true } = {}): Promise<Training> {
  const { project, knex } = engine;
  const members = (await landing(knex, (held) => membersOf(identityStore(held.rows, kind.entityId))))
    .filter((m) => m.state === 'live')
    .sort(inOrder);
  const populations: IdentityParameters['populations'] = {};
  const untrained: string[] = [];
  kind.model.populations.forEach((population, number) => {
    const profiles = members.filter((m) => m.population === number).map((m) => m.profile!);
    if (profiles.length >= FEWEST) populations[population.name] = train(population, profiles);
    else untrained.push(population.name);
  });
  if (Object.keys(populations).length === 0)
    throw new ConfigError({
      code: 'TRAINING_TOO_SMALL',
      place: { path: kind.entity.entity },
      message: `Training needs at least ${FEWEST} compared ${kind.entity.entity} records of one kind, such as people, but there are only ${members.length} in all.`,
      hint: 'Run the pipelines that read such records, then train again. Until then Interlocal uses the parameters that it comes with.',
    });
  const before = project.identityParameters.get(kind.entity.entity)?.value;
  const parameters: IdentityParameters = {
    parameters: kind.entity.entity,
    version: (before?.version ?? 0) + 1,
    populations: { ...before?.populations, ...populations },
  };
  const file = `config/identity/${kind.entity.entity}.yaml`;
  if (write) {
    await makeFolder(join(project.folder, 'config', 'identity'));
    await writeWhole(join(project.folder, file), textOf(parameters));
  }
  return { file, parameters, untrained };
}

async function membersOf(store: IdentityStore): Promise<Member[]> {
  const all: Member[] = [];
  for (;;) {
    const some = await store.after(all.at(-1)?.id ?? -1, 5000);
    if (some.length === 0) return all;
    for (const member of some) all.push(member);
  }
}

function textOf(parameters: IdentityParameters): string {
  return [
    '# yaml-language-server: $schema=../schemas/identity-parameters.json',
    '# Estimated by `interlocal identity train`, without labels. Review the difference from the previous version, then commit it:',
    '# the next run compares all records with it. m: how often two records of the same person show a level; u: of different ones.',
    stringify(parameters, { lineWidth: 0, flowCollectionPadding: true }),
  ].join('\n');
}
