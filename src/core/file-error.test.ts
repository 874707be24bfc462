import { expect, test } from 'vitest';
import { ConfigError, FatalError } from './errors.ts';
import { fileNotWritten } from './file-error.ts';

test('a name that will not do is a mistake of the command line, a disk that is full is not', () => {
  const of = (code: string) =>
    fileNotWritten(Object.assign(new Error(code), { code }), { file: 'a.xlsx', what: 'The report', hint: 'Name another file.' });
  expect(of('ENOENT')).toBeInstanceOf(ConfigError);
  expect(of('ENOSPC')).toBeInstanceOf(FatalError);
  expect(of('ENOSPC').problems).toMatchObject([
    {
      code: 'FILE_NOT_WRITABLE',
      message: 'The report cannot be written: the disk is full.',
      hint: expect.stringMatching(/^Free some space/),
    },
  ]);
});
