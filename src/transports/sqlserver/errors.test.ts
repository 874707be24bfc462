import { describe, expect, it } from 'vitest';
import { ConfigError, FatalError, RetriableError } from '../../core/errors.ts';
import type { InterlocalError } from '../../core/errors.ts';
import { sqlError, sqlFacts } from './errors.ts';

const remote = { system: 'finance', host: 'sql1', port: 1433, database: 'TOWN', username: 'reader', secret: 'hunter22' };
const said = (number: number, message = 'words of the server'): Error => sqlError(Object.assign(new Error(message), { number }), remote);

describe('an error of SQL Server says what to do about it', () => {
  it.each([1205, 1222, 3960, 601, 40613, 18401])('%d passes by itself and is tried again', (number) => {
    expect(said(number)).toBeInstanceOf(RetriableError);
  });

  it.each([18456, 18452, 4060, 229, 230, 207, 208, 102])('%d is for a person to correct before the next start', (number) => {
    const error = said(number) as InterlocalError;
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.problems[0]!.hint).toBeTruthy();
    expect(error.message).toContain(`SQL error ${number}`);
  });

  it.each([241, 245, 8114, 8134, 50000])('%d stops the run', (number) => {
    expect(said(number)).toBeInstanceOf(FatalError);
  });

  it.each([
    [1205, 'transient'],
    [3960, 'transient'],
    [2627, 'record'],
    [515, 'record'],
    [8152, 'record'],
    [2628, 'record'],
    [245, 'value'],
    [18456, 'login'],
    [229, 'rights'],
    [208, 'statement'],
    [50000, 'other'],
  ])('%d is handed on as a number and a kind, for rules and for what writes rows: %s', (number, kind) => {
    expect(sqlFacts(said(number))).toMatchObject({ status: number, number, kind, faultText: 'words of the server' });
  });

  it('what the server did not say has no number', () => {
    expect(sqlFacts(sqlError(Object.assign(new Error('Timeout'), { code: 'ETIMEOUT' }), remote))).toBeUndefined();
  });

  it('never shows the password, even when the server quotes it', () => {
    expect(said(50000, 'bad value hunter22 in hunter22').message).not.toContain('hunter22');
  });

  it('a network error keeps its own words, however deep the driver wrapped it', () => {
    const socket = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const driver = Object.assign(new Error('Failed to connect', { cause: socket }), { code: 'ESOCKET' });
    expect(sqlError(Object.assign(new Error('Failed'), { originalError: driver, code: 'ESOCKET' }), remote)).toMatchObject({
      code: 'CONNECTION_REFUSED',
    });
  });

  it('a number left over from an earlier login does not explain a later timeout', () => {
    expect(sqlError(Object.assign(new Error('Timeout'), { code: 'ETIMEOUT' }), remote, 18456)).toMatchObject({
      code: 'CONNECTION_TIMEOUT',
    });
  });

  it('what is our own bug stays one, with its stack', () => {
    const bug = new TypeError('x is undefined');
    expect(sqlError(bug, remote)).toBe(bug);
  });
});
