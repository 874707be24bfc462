import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compilePattern } from './pattern.ts';

function refusal(pattern: string): string | undefined {
  let said: string | undefined;
  const compiled = compilePattern(pattern, (message) => (said = message));
  expect(compiled === undefined).toBe(said !== undefined);
  return said;
}

test('patterns that could hang on one bad record are refused when the mapping is read', () => {
  for (const pattern of [
    '(a+)+$',
    '(a*)*b',
    '(a|a)*b',
    '(a|aa)+$',
    '(\\w+\\s?)*$',
    '(x+x+)+y',
    '^(\\d\\d?)+$',
    '^(a?){25}$',
    '(?:(?:x?|y?)c)*d',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '.*.*.*.*x',
    'a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaa',
    '(|)(|)(|)x',
    '(([ab]x?){2,}a{1,3}a{1,3}(a|ab|b)\\w+\\w{2,})?(a*b){0,4}Z',
    `${'(a|ab|b)'.repeat(20)}$`,
  ])
    expect(refusal(pattern), pattern).toMatch('can take extremely long');
  expect(refusal('(a)\\1')).toMatch('refers back');
  expect(refusal('(?=a)b')).toMatch('looks ahead');
  expect(refusal('(a')).toMatch('is not a regular expression: ');
});

test('patterns that clerks and vendors need are taken', () => {
  for (const pattern of [
    '^(\\d+)-(\\d+)$',
    '(\\d{4})(\\d{2})(\\d{2})',
    '^R-(\\d{1,6})/(\\d{2,4})$',
    '^[a-z]+(?:-[a-z]+)*$',
    '^(\\S+)@(\\S+)\\.(\\w+)$',
    '#(\\d+)',
    '\\p{L}+',
    '^(?<last>[^,]+), *(.*)$',
    '\\(([^)]*)\\)',
    '^(.*), (.*)$',
    '(?:REC|CLK)(\\d{8})',
    'DEPOSIT (\\d{4}-\\d\\d-\\d\\d)',
    '\\$?(\\d+)\\.(\\d\\d)',
  ])
    expect(refusal(pattern), pattern).toBeUndefined();
});

test('no pattern that is taken can be made to run for long, whatever the text', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '[ab]',
    '.',
    '\\w',
    '(a|b)',
    '(ab|a)',
    '(a?b)',
    'x',
    '(a|ab|b)',
    '([ab]x?)',
    '(a*b)',
    '(b|a*)',
    '(a{1,2})',
  );
  const repeated = fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '{2,}', '{0,4}', '{3,30}')).map(([a, q]) => a + q);
  const sequence = fc.array(repeated, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
  const nested = fc
    .tuple(sequence, fc.constantFrom('', '*', '+', '?', '{2}', '{2,9}'), sequence, fc.constantFrom('', '|'))
    .map(([a, q, b, or]) => `(${a})${q}${or}${b}`);
  const pattern = fc.tuple(fc.boolean(), nested, fc.boolean()).map(([from, p, to]) => `${from ? '^' : ''}${p}${to ? '$' : 'Z'}`);
  let taken = 0;
  fc.assert(
    fc.property(pattern, (source) => {
      const compiled = compilePattern(source, () => {});
      if (!compiled) return;
      taken++;
      for (const unit of ['a', 'b', 'ab', 'aab', 'x', 'ax', 'abx']) {
        const text = `${unit.repeat(compiled.longest).slice(0, compiled.longest - 1)}!`;
        const before = process.cpuUsage();
        compiled.expression.test(text);
        const { user, system } = process.cpuUsage(before);
        expect((user + system) / 1000, `ms of processor time: ${source} on ${unit}…`).toBeLessThan(2000);
      }
    }),
    // Few of them are taken: fewer runs would say little.
    { numRuns: 1000 },
  );
  expect(taken).toBeGreaterThan(30);
}, 60_000);
