import { describe, expect, it } from 'vitest';
import { textOfProblem } from '../core/errors.ts';
import { readLookup } from './lookups.ts';

const problemsIn = (text: string) => readLookup('codes', 'codes.csv', text).problems.map(textOfProblem);

describe('reading a lookup table', () => {
  it('keeps codes as text, with quotes, a byte order mark and Windows line breaks', () => {
    const { table, problems } = readLookup('codes', 'codes.csv', '\ufefffrom,to,note\r\n007,"Dog, spayed",\r\n');
    expect(problems).toEqual([]);
    expect(table).toMatchObject({ columns: ['from', 'to', 'note'], rows: [{ from: '007', to: 'Dog, spayed', note: '' }] });
  });

  it('accepts a code that was renumbered on a day', () => {
    expect(
      problemsIn('from,to,valid_from,valid_to\n3,card,,2024-02-26\n4,check,,2024-02-26\n4,card,2024-02-27,\n3,check,2024-02-27,\n'),
    ).toEqual([]);
  });

  it('finds every row that overlaps one before, also one that lasts over several', () => {
    expect(
      problemsIn('from,to,valid_from,valid_to\n1,a,2020-01-01,2024-12-31\n1,b,2021-01-01,2021-12-31\n1,c,2022-01-01,2022-12-31\n').map(
        (text) => text.split(' ')[0],
      ),
    ).toEqual(['codes.csv:3:1', 'codes.csv:4:1']);
  });

  it('says what is wrong with the first row', () => {
    expect(problemsIn('code;text\n1;a\n')).toEqual([
      'codes.csv:1:1 from: the first row must name the columns from and to, but is "code;text". Write from,to as the first row, and separate columns by commas. [KEY_MISSING]',
    ]);
    expect(problemsIn('')).toEqual(['codes.csv:1:1 from: the first row must name the columns from and to, but is "". [KEY_MISSING]']);
  });

  it('finds days that do not exist and rows that do not fit', () => {
    expect(problemsIn('from,to,valid_from,valid_to\n1,a,2023-02-29,\n2,b,01/02/2024,\n3,c,2024-02-01,2024-01-01\n4,d\n"5,e\n')).toEqual([
      'codes.csv:6:1: a quote in this row is not closed, or is in the middle of a value. Put a value that contains a comma or quote in quotes ("a, b"), and double a quote inside it (""). [VALUE_INVALID]',
    ]);
    expect(problemsIn('from,to,valid_from,valid_to\n1,a,2023-02-29,\n2,b,01/02/2024,\n3,c,2024-02-01,2024-01-01\n4,d\n')).toEqual([
      'codes.csv:2:1 valid_from: must be a day that exists, as YYYY-MM-DD, but is "2023-02-29". [VALUE_INVALID]',
      'codes.csv:3:1 valid_from: must be a day that exists, as YYYY-MM-DD, but is "01/02/2024". [VALUE_INVALID]',
      'codes.csv:4:1 valid_to: ends on 2024-01-01, before it begins on 2024-02-01. [VALUE_INVALID]',
      'codes.csv:5:1: this row has 2 columns, but the first row has 4. A value that has a comma in it must be in quotes. [VALUE_INVALID]',
    ]);
  });
});
