import { describe, expect, test } from 'vitest';
import { type FieldLook, judgeField, type Sayer } from './field.ts';
import { isEcho } from './same.ts';

const sayer = (given: Partial<Sayer> = {}): Sayer => ({
  source: 'clerk',
  value: 'new',
  corrected: true,
  echo: false,
  emptied: false,
  changedAt: '2026-03-02T10:00:00.000Z',
  ...given,
});
const look = (given: Partial<FieldLook> = {}): FieldLook => ({
  golden: 'new',
  mostRecent: false,
  owners: undefined,
  owned: false,
  target: { value: 'old', changed: false, changedAt: '2026-03-02T09:00:00.000Z' },
  others: [sayer()],
  mayEmpty: true,
  tooMany: false,
  all: false,
  conflicts: 'review',
  lastDay: '2026-03-06',
  ...given,
});

describe('one field of one record', () => {
  test('a correction is sent; what the system has already is not', () => {
    expect(judgeField(look())).toEqual({ do: 'send', value: 'new' });
    expect(judgeField(look({ target: { value: 'new', changed: false, changedAt: null } }))).toEqual({ do: 'nothing' });
  });

  test('what differed before stays, and so does what came back', () => {
    expect(judgeField(look({ others: [sayer({ corrected: false })] }))).toEqual({ do: 'keep', why: 'differs', value: 'new' });
    expect(judgeField(look({ others: [sayer({ corrected: false, echo: true })] }))).toEqual({ do: 'keep', why: 'echo', value: 'new' });
  });

  test('an emptied field is not a correction, unless its owner emptied it and the pipeline carries that', () => {
    const elsewhere = { do: 'keep', why: 'emptied_elsewhere', value: null };
    expect(judgeField(look({ golden: null, mostRecent: true, others: [sayer({ value: null })] }))).toEqual(elsewhere);
    const others = [sayer({ value: null, emptied: true })];
    expect(judgeField(look({ golden: null, others }))).toEqual(elsewhere);
    expect(judgeField(look({ golden: null, others, owners: ['bank'] }))).toEqual(elsewhere);
    expect(judgeField(look({ golden: null, others, owners: ['clerk'] }))).toEqual({ do: 'send', value: null });
    expect(judgeField(look({ golden: null, others, owners: ['clerk'], mayEmpty: false }))).toMatchObject({ do: 'keep', why: 'emptied' });
    expect(judgeField(look({ golden: null, others, owners: ['clerk'], tooMany: true }))).toEqual({ do: 'review', value: null });
    expect(
      judgeField(look({ golden: null, others: [sayer({ value: null, emptied: true, corrected: false })], owners: ['clerk'] })),
    ).toMatchObject({ do: 'keep', why: 'differs' });
  });

  test('an emptied field that waits is still emptied; a conflict goes by the times of change', () => {
    const others = [sayer({ value: null, emptied: true, corrected: false })];
    const owned = { golden: null, owners: ['clerk'] };
    expect(judgeField(look({ ...owned, others, pending: { value: null } }))).toEqual({ do: 'send', value: null });
    const target = { value: 'theirs', changed: true, changedAt: '2026-03-02T12:00:00.000Z' };
    const fresh = [sayer({ value: null, emptied: true })];
    expect(judgeField(look({ ...owned, others: fresh, target }))).toEqual({ do: 'review', value: null });
    expect(judgeField(look({ ...owned, others: fresh, target, conflicts: 'newest' }))).toMatchObject({ do: 'keep', why: 'newer' });
  });

  test('a correction is carried although another record of the same person changed later in another field', () => {
    const others = [
      sayer({ value: 'corrected' }),
      sayer({ source: 'bank', value: 'stale', corrected: false, changedAt: '2026-03-02T12:00:00.000Z' }),
    ];
    expect(judgeField(look({ golden: 'stale', mostRecent: true, others }))).toEqual({ do: 'send', value: 'corrected' });
    // Where the town trusts one system before the others, its value counts.
    expect(judgeField(look({ golden: 'stale', others }))).toMatchObject({ do: 'keep', why: 'differs' });
  });

  test('what waits is still sent as long as some system says it, and no longer when nobody does', () => {
    const others = [sayer({ corrected: false })];
    expect(judgeField(look({ others, pending: { value: 'new' } }))).toEqual({ do: 'send', value: 'new' });
    expect(
      judgeField(look({ others: [sayer({ corrected: false, value: 'other' })], golden: 'other', pending: { value: 'new' } })),
    ).toMatchObject({
      do: 'keep',
    });
  });

  test('both changed: a time that is not known decides nothing', () => {
    const target = { value: 'theirs', changed: true, changedAt: '2026-03-02T12:00:00.000Z' };
    expect(judgeField(look({ target }))).toEqual({ do: 'review', value: 'new' });
    expect(judgeField(look({ target, conflicts: 'newest' }))).toEqual({ do: 'keep', why: 'newer', value: 'new' });
    expect(judgeField(look({ target, conflicts: 'newest', others: [sayer({ changedAt: null })] }))).toEqual({ do: 'review', value: 'new' });
    // A clock that is ahead there would win for years.
    const ahead = { ...target, changedAt: '2062-03-02T12:00:00.000Z' };
    expect(judgeField(look({ target: ahead, conflicts: 'newest' }))).toEqual({ do: 'review', value: 'new' });
    expect(judgeField(look({ target, conflicts: 'newest', others: [sayer({ changedAt: '2062-03-02' })] }))).toEqual({
      do: 'review',
      value: 'new',
    });
    expect(judgeField(look({ target, conflicts: 'owner' }))).toEqual({ do: 'review', value: 'new' });
    expect(judgeField(look({ target, conflicts: 'owner', owners: ['clerk'] }))).toEqual({ do: 'send', value: 'new' });
  });

  test('owners: nobody, another system, the target itself', () => {
    expect(judgeField(look({ owners: [] }))).toMatchObject({ why: 'nobody' });
    expect(judgeField(look({ owners: ['bank'] }))).toMatchObject({ why: 'not_owner' });
    expect(judgeField(look({ owned: true }))).toMatchObject({ why: 'owned' });
  });
});

test('a value that comes back in the way of the system is an echo; another value, or two that say nothing, are not', () => {
  expect(isEcho('40 Oak Avenue', '40 OAK AVE')).toBe(true);
  expect(isEcho('(585) 555-0101', '5855550101')).toBe(true);
  expect(isEcho('McDonald', 'MCDONALD')).toBe(true);
  expect(isEcho('40 Oak Avenue', '41 OAK AVE')).toBe(false);
  expect(isEcho('40 Oak Avenue', '40 OAK AVE APT 2')).toBe(false);
  expect(isEcho('n/a', 'unknown')).toBe(false);
  expect(isEcho('x', null)).toBe(false);
});
