import { expect, test } from 'vitest';
import type { Delivery } from '../../store/outbound/deliveries.ts';
import { isOverdue } from './delivery-state.ts';

test('what was sent longer ago than the system has to answer is overdue, and so is what a clock that was ahead sent in the future', () => {
  const sent = (sentAt: string): Delivery => ({ sentAt, state: 'sent' }) as Delivery;
  const now = new Date('2026-03-01T12:00:00Z');
  expect(isOverdue(sent('2026-03-01T11:30:00Z'), '1h', now)).toBe(false);
  expect(isOverdue(sent('2026-03-01T10:30:00Z'), '1h', now)).toBe(true);
  expect(isOverdue(sent('2026-03-01T12:30:00Z'), '1h', now)).toBe(false);
  expect(isOverdue(sent('2027-03-01T12:00:00Z'), '1h', now)).toBe(true);
  expect(isOverdue(sent('2020-03-01T12:00:00Z'), undefined, now)).toBe(false);
});
