import { expect, test } from 'vitest';
import { textOfProblem } from '../errors.ts';
import { asSentence } from './sentence.ts';

test.each([
  ['It said: later', 'It said: later.'],
  ['It said: "later"', 'It said: "later".'],
  ['It said: later.', 'It said: later.'],
  ['It asked "why?"', 'It asked "why?"'],
  ['It waits …', 'It waits …'],
  ['', ''],
])('%s', (text, sentence) => expect(asSentence(text)).toBe(sentence));

test('what to do does not run into the words of another system', () => {
  const problem = { code: 'SOAP_FAULT', place: {}, message: 'The service said: closed until 6 am', hint: 'Ask its owner.' };
  expect(textOfProblem(problem)).toBe('The service said: closed until 6 am. Ask its owner. [SOAP_FAULT]');
});
