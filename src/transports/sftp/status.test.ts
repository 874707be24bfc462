import { expect, test } from 'vitest';
import { FatalError, FileError, RetriableError } from '../../core/errors.ts';
import { sftpSettings } from './options.ts';
import { requestError } from './status.ts';

const settings = sftpSettings.parse({ host: 'sftp.bank.example', username: 'town' });

test.each([
  [2, 'FILE_MISSING', FileError],
  [3, 'ACCESS_DENIED', FatalError],
  [4, 'SFTP_FAILURE', FatalError],
  [8, 'SFTP_FAILURE', FatalError],
  [12, 'ACCESS_DENIED', FatalError],
  [14, 'DISK_FULL', FatalError],
  [17, 'FILE_BUSY', RetriableError],
  [6, 'CONNECTION_LOST', RetriableError],
  ['ECONNRESET', 'CONNECTION_LOST', RetriableError],
  ['ETIMEDOUT', 'CONNECTION_TIMEOUT', RetriableError],
  [undefined, 'CONNECTION_LOST', RetriableError],
])('the status %s is %s', (code, wanted, kind) => {
  const error = requestError(Object.assign(new Error('Failure'), { code }), 'bank', 'in/a.csv', settings);
  expect(error).toMatchObject({ code: wanted });
  expect(error).toBeInstanceOf(kind);
});
