import { afterEach, expect, test } from 'vitest';
import { closeAll, office, service } from '../service.ts';
import { makeTown } from '../town.ts';

afterEach(closeAll);

const XML = '<R><P><id>1</id><N currency="USD">12.50</N></P><P><id>2</id><N>7.00</N></P><P><id>3</id></P></R>';
const JSON_TEXT = '[{"id":"1","N":{"currency":"USD","text":"12.50"}},{"id":"2","N":"7.00"},{"id":"3","N":null}]';

/** The names of the permits, which are what is at `path`, and the codes of those that were rejected. */
async function read(text: string, fields: string, path = 'N.text'): Promise<{ names: unknown[]; rejected: unknown[] }> {
  const { url } = await service((_, response) => void response.type(text.startsWith('<') ? 'xml' : 'json').send(text));
  const decoder = text.startsWith('<') ? 'xml: { row: R/P }' : 'json: {}';
  const files = office(
    url,
    `    retriever: { request: { path: /permits } }\n    decoder: { ${decoder} }\n    schema: { fields: ${fields} }\n    primary_key: [id]\n`,
  );
  const mapping = 'mappings/permit.from-permits.yaml';
  const town = await makeTown({ ...files, [mapping]: String(files[mapping]).replace('name: name', `name: ${path}`) });
  await town.run('permits');
  return {
    names: (await town.rows('permit')).map((row) => row.name),
    rejected: (await town.rows('il_reject')).map((row) => (JSON.parse(String(row.problems)) as { code: string }[])[0]!.code),
  };
}

test.each([
  ['XML', XML],
  ['JSON', JSON_TEXT],
])('an amount with or without attributes is read alike where its text is declared: %s', async (_, text) => {
  const fields = '{ id: {}, N: { type: object, optional: true }, N.text: { optional: true }, N.currency: { optional: true } }';
  expect(await read(text, fields)).toEqual({ names: ['12.50', '7.00', null], rejected: [] });
});

test.each([
  ['XML', XML],
  ['JSON', JSON_TEXT],
])('where a group is declared and no more, one that comes as plain text is rejected: %s', async (_, text) => {
  const came = await read(text, '{ id: {}, N: { type: object, optional: true } }');
  expect(came).toEqual({ names: ['12.50', null], rejected: ['TYPE_CHANGED'] });
});

test('where nothing is declared, text reads both, and another field of a plain text is a problem of its record', async () => {
  expect(await read(JSON_TEXT, '{}')).toEqual({ names: ['12.50', '7.00', null], rejected: [] });
  const other = JSON_TEXT.replace('"text"', '"amount"');
  expect(await read(other, '{}', 'N.amount')).toEqual({ names: ['12.50', null], rejected: ['FIELD_ABSENT'] });
});
