import { expect, test } from 'vitest';
import { sinkSchema } from '../../config/schema/sink.ts';
import { requestShown } from './push-request.ts';

const sink = (emptied: string | null): ReturnType<typeof sinkSchema.parse> =>
  sinkSchema.parse({
    corrections: 'changed',
    emptied,
    target: { request: { path: '/people', body: { id: '{{ record.id }}', phone: '{{ record.phone }}', email: '{{ record.email }}' } } },
    schema: { fields: { id: {}, phone: {}, email: {} } },
    idempotency_key: ['id'],
  });

test.each([null, ''])('a field that is emptied is in the request as %j, and one that was not corrected is left out', (emptied) => {
  const record = {
    values: { id: 'P1', phone: emptied, email: null },
    emptied: ['phone'],
    idempotencyKey: 'k',
    operation: 'write' as const,
  };
  expect(requestShown(sink(emptied), record).body).toEqual({ id: 'P1', phone: emptied });
});
