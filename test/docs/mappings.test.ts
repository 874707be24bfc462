import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { readLookup } from '../../src/config/lookups.ts';
import { mappingSchema, ruleSchema } from '../../src/config/schema/mapping.ts';
import { entitySchema } from '../../src/config/schema/model.ts';
import { runMappingTests } from '../../src/mapping/tests.ts';
import { root } from './follow.ts';

const page = readFileSync(join(root, 'docs/mappings.md'), 'utf8');
/** The entity that the page says its examples are for. */
const entity = entitySchema.parse({
  entity: 'example',
  title: 'Example',
  fields: {
    name: { type: 'text', class: 'public' },
    tender: { type: 'code', class: 'public', values: ['cash', 'check', 'card', 'other'] },
    amount: { type: 'money', class: 'public' },
    on: { type: 'date', class: 'public' },
    at: { type: 'datetime', class: 'public' },
    count: { type: 'integer', class: 'public' },
    rate: { type: 'decimal', class: 'public' },
    yes: { type: 'boolean', class: 'public' },
  },
});
const lookup = readLookup('tenders', 'mappings/lookups/tenders.csv', /^```csv\n([\s\S]*?)^```$/m.exec(page)![1]!);
const examples = [...page.matchAll(/^##+ (.+)\n|^```yaml\n([\s\S]*?)^```$/gm)]
  .reduce<{ heading: string; yaml: string }[]>((found, [, heading, yaml]) => {
    if (heading !== undefined) found.push({ heading, yaml: '' });
    else if (yaml?.includes('tests:\n')) found.push({ heading: found.at(-1)?.heading ?? '', yaml });
    return found;
  }, [])
  .filter(({ yaml }) => yaml !== '');

it('every example of docs/mappings.md does what its tests say', () => {
  expect(lookup.problems).toEqual([]);
  const results = examples.flatMap(({ heading, yaml }) => {
    const mapping = mappingSchema.parse({
      mapping: 'example',
      entity: 'example',
      from: { connector: 'example', stream: 'example' },
      ...(parse(yaml) as object),
    });
    const tests = runMappingTests(mapping, entity, {
      currency: 'USD',
      timeZone: 'America/New_York',
      lookups: new Map([['tenders', lookup.table]]),
    });
    return tests.map((test) => ({ at: `${heading}: ${test.name}`, differences: test.differences }));
  });
  expect(results.filter(({ differences }) => differences.length > 0)).toEqual([]);
  expect(results.length).toBeGreaterThan(30);
});

it('docs/mappings.md has an example with a test for every step of a rule', () => {
  const shown = new Set(
    examples.flatMap(({ yaml }) =>
      Object.values((parse(yaml) as { fields: Record<string, object> }).fields).flatMap((rule) =>
        typeof rule === 'object' ? Object.keys(rule) : [],
      ),
    ),
  );
  const steps = Object.keys(ruleSchema.shape).filter((step) => step !== 'raw');
  expect(steps.filter((step) => !shown.has(step))).toEqual([]);
});
