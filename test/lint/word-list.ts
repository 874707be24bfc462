/** Words and phrases that are not used in messages, docs, comments and names of tests, and what to write instead. GLOSSARY.md has the terms. */
export const WORDS: readonly (readonly [banned: string, instead: string])[] = [
  ['set(?:s|ting)?(?: \\w+){0,3} aside', 'reject, rejected record'],
  ['mend(?:s|ed|ing)?', 'fix'],
  ['the other side', 'the remote system'],
  ['told apart', 'identified by, distinguished'],
  ['tak(?:e|es|en|ing)(?: \\w+)? up again', 'resume, reopen'],
  ['wait(?:s|ing)? for a person', 'needs attention, needs review'],
  ['(?:nobody|no one) can know', 'it is not known'],
  ['nobody (?:knows|would know|noticed)', 'it is not known, it is not noticed'],
  ['whoever asked', 'the caller'],
  ['in vain', 'not used, without effect'],
  ['anew', 'again'],
  ['all the same', 'still, anyway'],
  ['(?:look|looks|looked) whether', 'check whether'],
  ['wherein|whereupon|thereof|therein|thereupon', 'in which, of it'],
  ['(?:stands|lies) (?:in|at|there|below|above|within|behind|on|under)', 'is in, is at'],
  ['goes on where', 'resumes where'],
  ['put right', 'corrected'],
  ['log-ins?', 'login'],
  ['licences?', 'license'],
  ['colours?', 'color'],
  ['acknowledgements?', 'acknowledgment'],
  ['(?:behav|neighb|harb|hon|lab|fav)our\\w*', '-or'],
  ['(?:recogn|organ|author|initial|normal|summar|categor|final|optim)is(?:e|es|ed|ing|ation|ations)', '-ize'],
  ['cancell(?:ed|ing)', 'canceled'],
  ['catalogues?', 'catalog'],
  ['programmes?', 'program'],
  ['misspelt|learnt|travelled', 'misspelled, learned, traveled'],
];

/**
 * Lines that may have a banned word: file (a pattern) and line (a pattern), with the reason. Words that
 * are part of a slug, a path or a longer name in code are never looked at.
 */
export const EXCEPTIONS: readonly (readonly [file: RegExp, line: RegExp, why: string])[] = [
  [/reconciliation|reconcil|docs\/finance|shared-money|schemas?\/(pipeline|passes)/, /other side/, 'a reconciliation has two sides'],
  [
    /^connectors\/general-licences|^mappings\/license.from-general|^src\/connector\/stream\/field-names/,
    /licence/i,
    "a Canadian system's own names",
  ],
  [/^config\/model\/permit/, /Cancelled/, 'a value of the BLDS standard'],
  [/^test\/lint\/json/, /programme|favour|labour|catalogue/, 'the list of spellings to find'],
  [/^test\/lint\/label-list/, /set aside|organisations|programmes/, 'the list of words to find'],
  [/^(scripts\/sample-town|test)\//, /licence|cancelled/i, 'names in recorded data, and a value of the BLDS standard'],
];
