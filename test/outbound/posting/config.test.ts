import { afterEach, expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/errors.ts';
import { closeTowns, makeTown } from '../../engine/town.ts';
import { posting, type PostingShape } from './town.ts';

afterEach(closeTowns);

/** What is wrong with a town that posts, when texts in its files are replaced. */
async function wrong(
  changes: Record<string, [from: string, to: string]>,
  shape: PostingShape = {},
  more: Record<string, string> = {},
): Promise<string[]> {
  const files = { ...posting(shape), ...more };
  for (const [path, [from, to]] of Object.entries(changes)) {
    expect(files[path]).toContain(from);
    files[path] = files[path]!.replace(from, to);
  }
  const error = await makeTown({}, files).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error === undefined) return [];
  if (!(error instanceof ConfigError)) throw error;
  return error.problems.map(({ code, place, message }) => `${place.file} ${place.path} ${code}: ${message}`);
}

const PIPELINE = 'pipelines/to-ledger.yaml';
const CONNECTOR = 'connectors/journal/connector.yaml';
const MAPPING = 'mappings/entries.from-journal_entry.yaml';

test('a pipeline that posts entries says at once what is missing for it', async () => {
  expect(await wrong({})).toEqual([]);
  expect(await wrong({ [PIPELINE]: ['  entries: { since: 2026-07-01, when: over }\n', ''] })).toEqual([
    `${PIPELINE} deliver KEY_MISSING: entries.from-journal_entry reads journal entries, but the key "entries", which says from which day on they are made, is missing.`,
  ]);
  expect(await wrong({}, { ledger: '' })).toEqual([
    `${PIPELINE} deliver.entries KEY_MISSING: no journal entries can be made, because config/interlocal.yaml has no key "ledger", which names their accounts.`,
  ]);
  expect(await wrong({}, { deliver: '  where: { source: desk }\n  since: { field: received_on, day: 2026-07-01 }\n' })).toEqual([
    `${PIPELINE} deliver.where.source REFERENCE_UNKNOWN: entries cannot be chosen by "source".`,
    `${PIPELINE} deliver.since VALUE_INVALID: cannot be used together with entries.`,
  ]);
});

test('two pipelines that may post the same receipts to one system are refused; with other departments in each they are not', async () => {
  const other = posting()[PIPELINE]!.replace('pipeline: to-ledger', 'pipeline: zoo');
  const both = (mine: string, theirs: string) => wrong({}, { deliver: mine }, { 'pipelines/zoo.yaml': other + theirs });
  expect(await both('', '')).toEqual([
    `${PIPELINE} deliver.where VALUE_INVALID: zoo posts entries to ledger too, and the same receipts may be in both.`,
  ]);
  expect(await both('  where: { department: [clerk, pool] }\n', '  where: { department: pool }\n')).toHaveLength(1);
  expect(await both('  where: { department: clerk }\n', '  where: { department: pool }\n')).toEqual([]);
});

test('a mapping of entries reads the fields that entries have, and nothing of the model', async () => {
  expect(await wrong({ [MAPPING]: ['Ref: reference', 'Ref: refrence'] })).toEqual([
    expect.stringContaining('fields.Ref REFERENCE_UNKNOWN'),
  ]);
  expect(await wrong({ [MAPPING]: ['Account: account', 'Account: acount'] })).toEqual([
    expect.stringContaining('lists.Lines.fields.Account REFERENCE_UNKNOWN'),
  ]);
  expect(await wrong({ [MAPPING]: ['for_each: lines', 'for_each: items'] })).toEqual([
    expect.stringContaining('lists.Lines.for_each REFERENCE_UNKNOWN'),
  ]);
  expect(
    await wrong(
      {},
      {},
      { 'config/model/journal_entry.yaml': 'entity: journal_entry\ntitle: Mine\nfields: { a: { type: text, class: public } }\n' },
    ),
  ).toEqual(['config/model/journal_entry.yaml entity VALUE_INVALID: journal_entry is what Interlocal calls its own journal entries.']);
});

test('rows of a list need a list, and columns that there are', async () => {
  expect(await wrong({ [CONNECTOR]: ['for_each: Lines', 'for_each: Line'] })).toEqual(
    expect.arrayContaining([expect.stringContaining('rows.for_each REFERENCE_UNKNOWN: "Line" is not a list in this sink')]),
  );
  expect(await wrong({ [CONNECTOR]: ['record.Lines.Debit', 'record.Lines.Debt'] })).toEqual([
    expect.stringContaining('{{ record.Lines.Debt }} is not known here'),
  ]);
  expect(await wrong({ [CONNECTOR]: ['      within: 2d', '      row: { result: A, accepted: [P], rejected: [E] }'] })).toEqual([
    expect.stringContaining('acknowledgment.row VALUE_INVALID: is for sinks that write to target.table.'),
  ]);
});
