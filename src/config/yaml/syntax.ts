import type { ErrorCode, YAMLError } from 'yaml';
import type { Problem } from '../../core/errors.ts';

/**
 * What the YAML parser found, in plain words. Never quotes the file: a mistake next to a password would show it.
 * Only a duplicate key is named, since keys are names.
 */
export function syntaxInPlainWords(error: YAMLError, text: string): Omit<Problem, 'place'> {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^["']?([\w.-]{1,60})/.exec(text.slice(error.pos[0]))?.[1];
    return {
      code: 'KEY_DUPLICATE',
      message: `the key ${key ? `"${key}" ` : ''}appears a second time in the same group.`,
      hint: 'Keep one of the two.',
    };
  }
  const [message, hint] = (COMMON.find(([pattern]) => pattern.test(error.message))?.slice(1) as Words | undefined) ??
    WORDS[error.code] ?? [
      'this line cannot be read as YAML.',
      'Compare the line with an example in docs/configuration.md: a key, a colon, a space and the value.',
    ];
  return { code: 'YAML_SYNTAX', message, hint };
}

const INDENT = 'Lines of one group start in the same column; what belongs to a key is indented further than the key.';
const QUOTES = 'Write a text that has such a character in quotes.';

type Words = [message: string, hint?: string];

/** The commonest mistakes share a code with rarer ones; the parser's own text tells them apart. */
const COMMON: [pattern: RegExp, ...Words][] = [
  [
    /^Missing closing/,
    'a quote is not closed.',
    'Close it in the same line. A quote inside a text: write the text in the other kind of quotes, "O\'Brien".',
  ],
  [/^Flow (sequence|map)|^Expected .*end with [\]}]/, 'a [ or { further up is not closed.', 'Add the ] or } that is missing.'],
  [/^Implicit map keys need/, 'this line has no colon with a space after its key.', 'Write key: value.'],
];

const WORDS: Partial<Record<ErrorCode, Words>> = {
  ALIAS_PROPS: ['a reference to an anchor (*name) must be alone.', QUOTES],
  BAD_ALIAS: ['an anchor (&name) or a reference to one (*name) has no name.', QUOTES],
  BAD_COLLECTION_TYPE: [
    'a tag (!name) does not match what follows it.',
    'Tags are not used here: remove it, or write a text that begins with ! in quotes.',
  ],
  BAD_DIRECTIVE: ['a line begins with %.', QUOTES],
  BAD_DQ_ESCAPE: [
    'a text in double quotes has an invalid backslash sequence.',
    "Write \\\\ for a backslash, or use single quotes: 'C:\\exports'.",
  ],
  BAD_INDENT: ['the indentation does not match the lines around it.', INDENT],
  BAD_PROP_ORDER: ['an anchor or tag is in the wrong place.', QUOTES],
  BAD_SCALAR_START: ['a text without quotes cannot begin with @, `, %, |, > or another character that YAML reserves.', QUOTES],
  BLOCK_AS_IMPLICIT_KEY: [
    'there is a second colon or a list on a line that already has a key.',
    'Write a text that contains ": " in quotes, or put the inner key on its own line, indented.',
  ],
  BLOCK_IN_FLOW: ['a list or group written on several lines is inside [ ] or { }.', 'Inside brackets write [a, b] and {key: value}.'],
  KEY_OVER_1024_CHARS: ['a key is longer than 1024 characters.', 'A colon or a quote is missing further up.'],
  MISSING_CHAR: [
    'a colon, comma, quote or bracket is missing.',
    'Look for a key without a colon and a space after it, or a quote or bracket that was not closed.',
  ],
  MULTILINE_IMPLICIT_KEY: ['a key spans more than one line.', 'A colon or a quote is missing in the line before.'],
  MULTIPLE_ANCHORS: ['a value has more than one anchor.', QUOTES],
  MULTIPLE_DOCS: ['a line with --- starts a second document; a file here can have only one.', 'Split it into two files.'],
  MULTIPLE_TAGS: ['a value has more than one tag.', QUOTES],
  NON_STRING_KEY: ['a key must be a single text before a colon.'],
  TAB_AS_INDENT: ['this line is indented with a tab.', 'YAML allows only spaces: replace the tab with spaces.'],
  TAG_RESOLVE_FAILED: [
    'an exclamation mark begins a tag, but tags are not used here.',
    'Leave the tag out, or write a text that begins with ! in quotes.',
  ],
  UNEXPECTED_TOKEN: [
    'YAML does not expect what is here.',
    'Look for a quote that closes too early, an extra bracket, or text after a closing quote.',
  ],
};
