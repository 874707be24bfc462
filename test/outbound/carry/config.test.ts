import { afterEach, expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { closeTowns, type Files, makeTown } from '../../engine/town.ts';
import { carryFiles } from './town.ts';

afterEach(closeTowns);

const people = { clerk: [], pool: [], bank: [] };

/** What is wrong with the town when these texts in its files are replaced. */
async function wrong(
  changes: Record<string, [from: string, to: string]>,
  options: { carry?: string; model?: string; emptied?: string; corrections?: 'changed' | 'whole' } = {},
): Promise<string[]> {
  const files: Files = carryFiles({ people, ...options });
  for (const [path, [from, to]] of Object.entries(changes)) {
    expect(String(files[path])).toContain(from);
    files[path] = String(files[path]).replace(from, to);
  }
  const error = await makeTown(files, {}).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return [];
  if (!(error instanceof ConfigError)) throw error;
  return error.problems.map(({ code, place, message }) => `${place.file} ${place.path} ${code}: ${message}`);
}

const CONNECTOR = 'connectors/desk/connector.yaml';

test('a pipeline that carries corrections says at once what is missing for it', async () => {
  expect(await wrong({})).toEqual([]);
  expect(await wrong({ [CONNECTOR]: ['    corrections: changed\n', ''] })).toEqual(
    ['bank', 'clerk', 'pool'].map(
      (name) =>
        `pipelines/to-${name}.yaml deliver.carry KEY_MISSING: desk.changes does not say whether a correction is sent as the changed fields only or as the whole record.`,
    ),
  );
  expect(await wrong({ [CONNECTOR]: ['    creates: {}\n', ''] }, { carry: ' create: true ' })).toContain(
    'pipelines/to-pool.yaml deliver.carry.create KEY_MISSING: desk.changes does not say how a new record is made.',
  );
  expect(await wrong({ 'mappings/changes.from-party.yaml': ['id: party_key', 'id: phone'] })).toContainEqual(
    expect.stringMatching(/to-pool.*KEY_MISSING: changes.from-party does not read party_key/),
  );
  expect(await wrong({ 'pipelines/pool-people.yaml': ['connection: pool', 'connection: bank'] })).toContainEqual(
    expect.stringMatching(/to-pool.*REFERENCE_UNKNOWN: no pipeline reads party from pool/),
  );
  expect(await wrong({ 'pipelines/to-pool.yaml': ['carry: {', 'carry: { owned: [fone]'] })).toContainEqual(
    expect.stringMatching(/to-pool.*deliver.carry.owned.*fone/),
  );
});

test('owners are connections of the town and fields of the entity, and nothing else says whose value survives', async () => {
  expect(await wrong({}, { model: 'owners:\n  fone: [pool]\n  email: [poole]\n' })).toEqual([
    expect.stringMatching(/config\/model\/party.yaml owners.fone REFERENCE_UNKNOWN: the entity party has no field "fone"/),
    expect.stringMatching(/config\/model\/party.yaml owners.email\[?.?0\]? REFERENCE_UNKNOWN/),
  ]);
  const path = 'config/model/party.yaml';
  expect(
    await wrong(
      { [path]: ['phone: { by: most_recent }', 'phone: { by: most_recent }, city: { by: majority }'] },
      { model: 'owners:\n  city: [pool]\n' },
    ),
  ).toEqual([expect.stringMatching(/owners.city VALUE_INVALID: the value of its owner survives/)]);
});

test('fields that are emptied are fields that are sent, and the sink says how a field is emptied', async () => {
  const carry = ' emptied: [phone] ';
  const unclear = expect.stringMatching(/to-pool.* deliver.carry.emptied KEY_MISSING: desk.changes does not say how a field is emptied/);
  expect(await wrong({}, { carry })).toContainEqual(unclear);
  // In a file an empty field is one that was not corrected.
  expect(await wrong({}, { carry, emptied: '' })).toContainEqual(unclear);
  expect(await wrong({}, { carry, emptied: '*CLEAR*' })).toEqual([]);
  expect(await wrong({}, { carry, corrections: 'whole' })).toEqual([]);
  expect(await wrong({}, { carry: ' emptied: [fone] ', corrections: 'whole' })).toContainEqual(
    expect.stringMatching(/to-pool.*emptied.*fone/),
  );
  expect(await wrong({}, { carry: ' emptied: [sex] ', corrections: 'whole' })).toContain(
    'pipelines/to-pool.yaml deliver.carry.emptied[0] VALUE_INVALID: changes.from-party does not send sex.',
  );
});
