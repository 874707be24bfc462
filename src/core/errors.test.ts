import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, didYouMean, FatalError, FileError, InterlocalError, RetriableError, textOfPlace, textOfProblem } from './errors.ts';

describe('where a problem is', () => {
  test.each([
    [{ file: 'a.csv', line: 7, column: 2 }, 'a.csv:7:2'],
    [{ file: 'a.csv', line: 7 }, 'a.csv:7'],
    [{ file: 'a.csv', line: 7, record: 3 }, 'a.csv:7'],
    [{ file: 'gl.xml', record: 12 }, 'gl.xml, record 12'],
    [{ system: 'finance', key: '0042' }, 'finance, key 0042'],
    [{ system: 'finance', record: 3, key: '0042', path: 'amount' }, 'finance, record 3, key 0042 amount'],
    [{ file: 'a.yaml', line: 1, column: 1, path: 'town.name' }, 'a.yaml:1:1 town.name'],
    [{ path: 'pools' }, 'pools'],
    [{ record: 2 }, 'record 2'],
    [{}, ''],
  ])('%j', (place, text) => expect(textOfPlace(place)).toBe(text));

  test('the whole sentence says where, what, what to do, and the code', () => {
    expect(textOfProblem({ code: 'X_Y', place: { file: 'a', line: 1 }, message: 'It is wrong.', hint: 'Fix it.' })).toBe(
      'a:1: It is wrong. Fix it. [X_Y]',
    );
    expect(textOfProblem({ code: 'X_Y', place: {}, message: 'It is wrong.' })).toBe('It is wrong. [X_Y]');
  });
});

describe('errors', () => {
  const problem = (code: string) => ({ code, place: {}, message: `${code}.` });

  test('carry every problem, and the code of the first', () => {
    const error = new ConfigError([problem('A'), problem('B')], { cause: new Error('deep') });
    expect([error.name, error.code, error.message, error.problems.length, (error.cause as Error).message]).toEqual([
      'ConfigError',
      'A',
      'A. [A]\nB. [B]',
      2,
      'deep',
    ]);
    expect(error).toBeInstanceOf(InterlocalError);
    expect(new FileError(problem('A'))).toBeInstanceOf(FatalError);
    expect(new ConfigError([]).code).toBe('UNKNOWN');
  });

  test('that can be tried again say how long the remote system wants to be left alone', () => {
    expect(new RetriableError(problem('A'), { waitMs: 1500 }).waitMs).toBe(1500);
    expect(new RetriableError(problem('A')).waitMs).toBeUndefined();
  });
});

describe('did you mean', () => {
  const known = ['receipts', 'receipt-lines', 'permits', 'dog-licenses'];
  test.each([
    ['receits', 'receipts'],
    ['recepits', 'receipts'],
    ['RECEIPTS', 'receipts'],
    ['permit', 'permits'],
    ['dog-licences', 'dog-licenses'],
    ['payroll', undefined],
    ['', undefined],
  ])('%s: %s', (given, meant) => expect(didYouMean(given, known)).toBe(meant));

  test('a swap of neighbors is one mistake', () => expect(didYouMean('ab', ['ba'])).toBe('ba'));

  test('what is written right is meant, whatever else there is', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, selector: (s) => s.toLowerCase() }), fc.nat(), (names, i) => {
        const name = names[i % names.length]!;
        expect(didYouMean(name, names)).toBe(name);
      }),
    );
  });

  test('it does not depend on the order of mistake and meaning: as many steps there as back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3, maxLength: 8 }), fc.string({ minLength: 3, maxLength: 8 }), (a, b) => {
        if (Math.floor(a.length / 3) === Math.floor(b.length / 3))
          expect(didYouMean(a, [b]) === undefined).toBe(didYouMean(b, [a]) === undefined);
      }),
    );
  });
});
