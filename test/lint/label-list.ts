/**
 * Words of the code, next to those of word-list.ts, that people do not see: on pages, and as titles of columns in CSV files,
 * workbooks and tables, each has another label.
 * Commands, states in JSON and keys keep the word, because they are typed or read by programs.
 */
const LABELS: readonly (readonly [word: string, label: string])[] = [
  ['replay(?:ed)?', 'try again'],
  ['superseded', 'used since'],
  ['[A-Z]{2,}_[A-Z_]+', 'the sentence; codes are not shown'],
  ['to (?:be )?settled?', 'answer needed'],
  ['acknowledged', 'received'],
  ['accepted', 'taken'],
  ['held', 'on hold'],
  ['queued', 'waiting to be sent'],
  ['overdue', 'late'],
  ['outbox|sinks?', 'what we send'],
  ['shadow', 'Trial (sends nothing)'],
  ['streams?|retrievers?|decoders?', 'reads … from …'],
  ['lookups?|lookup tables?', 'code list'],
  ['cursors?|checkpoints?', 'read up to'],
  ['partial', 'finished, 3 rejected'],
  ['aborted', 'stopped'],
  ['against', 'a and b'],
  ['agrees?', 'matched'],
  ['differs?', 'left to explain'],
  ['\\w+ only(?! in)', 'only in …'],
  ['unchecked', 'not checked'],
  ['in transit', 'on its way'],
  ['write-offs?', 'write off'],
  ['control totals?', "the source's own total"],
  ['hash totals?', 'check sum'],
  ['fiscal[- ]period', 'fiscal month'],
  ['tenders?', 'paid by'],
  ['landed records?', 'source record'],
  ['golden records?', 'combined record'],
  ['provenance', 'where it came from'],
  ['survivorship', 'why this value'],
  ['review pairs?', 'possible duplicate'],
  ['must-link|cannot-link', 'same person, different people'],
  ['unmerge', 'separate'],
  ['clusters?', 'records of this person'],
  ['stewards?', "the role's name"],
  ['audit log', 'activity'],
  ['expectations?', 'expected'],
];

/** The words of the list that a text has, with the label to write instead. Commands in it do not count: give the text without them. */
export function wordsWithLabels(text: string): string[] {
  return LABELS.flatMap(([word, label]) => {
    // Words that are part of a name, such as receipts-against-bank, are the town's.
    const found = new RegExp(
      `(?<![\\w./-])(?:${word})(?![\\w/-]|\\.\\w)`,
      /[A-Z]{2}/.test(word) || word.startsWith('[A-Z]') ? '' : 'i',
    ).exec(text);
    return found ? [`"${text.slice(Math.max(0, found.index - 30), found.index + found[0].length + 10)}": write ${label}`] : [];
  });
}

/** What a page calls things: headings, heads of tables, names of facts, marks, sentences of state. Messages about records are not labels. */
export function labelsOf(page: string): string {
  const plain = page.replaceAll(/<(code|script|style|svg)\b.*?<\/\1>/gs, ' ');
  const elements =
    /<(h1|h2|h3|th|dt|caption|label|button|option|summary)\b[^>]*>(.*?)<\/\1>|<(p|span|div) class="(?:status|lead|mark)[^"]*"[^>]*>(.*?)<\/\3>/gs;
  return [...plain.matchAll(elements)].map(([, , one, , other]) => `${one ?? other}.`.replaceAll(/<[^>]+>/g, ' ')).join(' ');
}
