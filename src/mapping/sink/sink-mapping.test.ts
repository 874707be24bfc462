import { expect, test } from 'vitest';
import { sinkSchema } from '../../config/schema/sink.ts';
import { sinkMappingSchema } from '../../config/schema/sink-mapping.ts';
import { writtenValues } from '../../connector/sink/sink-values.ts';
import { compileSinkMapping } from './sink-mapping.ts';

test('a moment is sent as the time on the town’s clock where the system has a form of its own, and as UTC in ISO 8601', () => {
  const sink = sinkSchema.parse({
    target: { file: { name: 'x-{{ sequence }}.csv' } },
    encoder: { csv: {} },
    schema: { fields: { Number: {}, At: { type: 'datetime', format: 'MM/DD/YYYY HH:mm' }, Iso: { type: 'datetime' } } },
    idempotency_key: ['Number'],
  });
  const mapping = sinkMappingSchema.parse({
    mapping: 'm',
    sink: { connector: 'c', sink: 's' },
    from: { entity: 'receipt' },
    fields: { Number: 'number', At: 'at', Iso: 'at' },
  });
  const compiled = compileSinkMapping(mapping, sink, { currency: 'USD', timeZone: 'America/New_York', lookups: new Map() });
  const { values } = compiled.apply({ number: '1', at: '2026-07-01T02:30:00.000Z' }, { system: 'c.s' });
  expect(writtenValues(sink, values!, { file: '', record: 1 }, [])).toEqual({
    Number: '1',
    At: '06/30/2026 22:30',
    Iso: '2026-07-01T02:30:00.000Z',
  });
});
