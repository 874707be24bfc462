import { afterEach, expect, test } from 'vitest';
import { receipts } from '../base-town.ts';
import { closeTowns, makeTown, type TestTown } from '../town.ts';

afterEach(closeTowns);

const list = receipts([{ number: '1' }, { number: '2', tender: 'CK' }, { number: '3' }, { number: '4' }]);
const tenders = async (town: TestTown): Promise<unknown[]> => (await town.rows('receipt')).map((r) => r.tender);

async function edited(town: TestTown, files: Record<string, string>): Promise<void> {
  town.write(files);
  await town.reopen();
}

test('what was landed is mapped again when the mapping changes, without its file, and history says what it was', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': list });
  await town.run('receipts');
  town.remove('inbox/receipts.csv');
  await edited(town, { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\nCK,check\n' });
  const run = await town.run('receipts');
  expect(run.notes).toContain("The mapping changed: 4 stored records were mapped again, which changed 3 of the town's own records.");
  expect(await tenders(town)).toEqual(['check', 'check', 'check', 'check']);
  expect(await town.history('receipt')).toEqual(
    [1, 3, 4].map((golden) => ({ golden, action: 'changed', changes: { tender: ['cash', 'check'] } })),
  );
  // Nothing was landed for it: the source said nothing new.
  expect((await town.rows('il_landed')).length).toBe(4);
});

test('a record that the new mapping cannot use is rejected and keeps its values until it can', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': list });
  await town.run('receipts');
  await edited(town, { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\n' });
  expect((await town.run('receipts')).outcome).toBe('partial');
  expect((await town.rejects()).map((r) => r.key)).toEqual(['2']);
  expect(await tenders(town)).toEqual(['check', 'check', 'check', 'check']);
  // That the file says it once more, unchanged, fixes nothing.
  town.write({ 'inbox/receipts.csv': `${list}5,2026-01-05,1.00,CA,\n` });
  const grown = await town.run('receipts');
  expect([grown.outcome, grown.counts.rejected]).toEqual(['partial', 1]);
  expect((await town.rejects()).map((r) => r.key)).toEqual(['2']);
  // The mapping does.
  await edited(town, { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\nCK,cash\n' });
  expect((await town.run('receipts')).outcome).toBe('succeeded');
  expect(await town.rejects()).toEqual([]);
  expect(await tenders(town)).toEqual(['check', 'cash', 'check', 'check', 'check']);
});

test('a reject of something newer is not closed by mapping again what was landed before', async () => {
  const town = await makeTown({ 'inbox/receipts-1.csv': list });
  await town.run('receipts');
  town.write({ 'inbox/receipts-2.csv': receipts([{ number: '1', tender: 'ZZ', amount: '8.00' }]) });
  await town.run('receipts');
  await edited(town, { 'mappings/lookups/tenders.csv': 'from,to\nCA,check\nCK,check\n' });
  await town.run('receipts');
  expect((await town.rejects()).map((r) => [r.key, r.problems[0]!.code])).toEqual([['1', 'CODE_UNKNOWN']]);
});

test('a field that the model gains is filled from what was landed', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': receipts([{ number: '1', note: 'paid in person' }]) });
  await town.run('receipts');
  await edited(town, {
    'config/model/receipt.yaml': town
      .text('config/model/receipt.yaml')
      .replace('fields:\n', 'fields:\n  remark: { type: text, class: public }\n'),
    'mappings/receipt.from-till.yaml': `${town.text('mappings/receipt.from-till.yaml')}  remark: note\n`,
  });
  await town.run('receipts');
  expect((await town.rows('receipt')).map((r) => [r.number, r.remark])).toEqual([['1', 'paid in person']]);
});

const COPY = {
  'config/model/copy.yaml': 'entity: copy\ntitle: Copy\nfields:\n  number: { type: text, class: public }\n',
  'mappings/copy.from-till.yaml':
    'mapping: copy.from-till\nentity: copy\nfrom: { connector: till, stream: receipts }\nfields:\n  number: number\n',
};
const pipeline = (mappings: string): Record<string, string> => ({
  'pipelines/receipts.yaml': `pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [${mappings}]\n`,
});

test('a mapping that is taken out of a pipeline takes what it made with it; put back, nothing is there twice', async () => {
  const town = await makeTown({ ...COPY, ...pipeline('receipt.from-till, copy.from-till'), 'inbox/receipts.csv': list });
  await town.run('receipts');
  expect((await town.rows('copy')).length).toBe(4);
  await edited(town, pipeline('receipt.from-till'));
  await town.run('receipts');
  expect(await town.rows('copy')).toEqual([]);
  expect((await town.history('copy')).map((h) => h.action)).toEqual(['deleted', 'deleted', 'deleted', 'deleted']);
  await edited(town, pipeline('receipt.from-till, copy.from-till'));
  await town.run('receipts');
  expect((await town.rows('copy')).map((r) => r.number)).toEqual(['1', '2', '3', '4']);
  expect((await town.rows('receipt')).length).toBe(4);
});

test('a condition that is added to a mapping takes away what it excludes, where the pipeline skips what no mapping takes', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': list });
  town.write({ 'pipelines/receipts.yaml': `${town.text('pipelines/receipts.yaml')}unmapped: skip\n` });
  await town.reopen();
  await town.run('receipts');
  await edited(town, {
    'mappings/receipt.from-till.yaml': town
      .text('mappings/receipt.from-till.yaml')
      .replace('fields:', 'when: { field: tender, is: CA }\nfields:'),
  });
  await town.run('receipts');
  expect((await town.rows('receipt')).map((r) => r.number)).toEqual(['1', '3', '4']);
  await edited(town, {
    'mappings/receipt.from-till.yaml': town.text('mappings/receipt.from-till.yaml').replace('when: { field: tender, is: CA }\n', ''),
  });
  await town.run('receipts');
  expect((await town.rows('receipt')).map((r) => r.number)).toEqual(['1', '3', '4', '2']);
});

test('a pipeline that is renamed goes on with its records instead of entering them again', async () => {
  const town = await makeTown({ 'inbox/receipts.csv': list });
  await town.run('receipts');
  town.remove('pipelines/receipts.yaml');
  await edited(town, {
    'pipelines/till-receipts.yaml':
      'pipeline: till-receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\n',
  });
  const run = await town.run('till-receipts');
  expect(run.counts).toMatchObject({ created: 0 });
  expect(run.notes.join(' ')).toContain('receipts');
  expect((await town.rows('receipt')).length).toBe(4);
});

test('what an order of trust says is applied to what is there when it changes', async () => {
  const file = (id: string, name: string): string => `id,email,name,phone,updated\n${id},a@x,${name},,2026-01-01\n`;
  const town = await makeTown({ 'inbox/clerk.csv': file('1', 'Ann'), 'inbox/pool.csv': file('2', 'Anna') });
  await town.run('clerk');
  await town.run('pool');
  expect((await town.rows('person')).map((r) => r.name)).toEqual(['Ann']);
  await edited(town, { 'config/model/person.yaml': town.text('config/model/person.yaml').replace('[clerk, pool]', '[pool, clerk]') });
  await town.run('clerk');
  expect((await town.rows('person')).map((r) => r.name)).toEqual(['Anna']);
});

test('another identity is refused while there are records: they would have to be distinguished again', async () => {
  const town = await makeTown({ 'inbox/clerk.csv': 'id,email,name,phone,updated\n1,a@x,Ann,,2026-01-01\n' });
  await town.run('clerk');
  town.write({ 'config/model/person.yaml': town.text('config/model/person.yaml').replace('identity: [email]', 'identity: [email, name]') });
  await expect(town.reopen()).rejects.toThrow(/identity.*MODEL_DESTRUCTIVE/s);
});
