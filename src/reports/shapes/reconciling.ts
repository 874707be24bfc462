import { drill, place } from './report-tables.ts';
import { z } from 'zod';
import {
  amount,
  amountOrNull,
  count,
  currency,
  day,
  dayOrNull,
  flag,
  instant,
  instantOrNull,
  list,
  named,
  object,
  oneOf,
  problems,
  text,
  textOrNull,
  texts,
  whole,
  wholeOrNull,
} from './parts.ts';

const SIDES = ['left', 'right'] as const;

const matched = object({
  entity: text('the entity'),
  connection: text('the connection'),
  key: text('its key there'),
  item: text('which of the records that a mapping made of one; empty: the only one'),
  amount: amount('its amount'),
});

const match = {
  id: text('its id; commands take the beginning of it too'),
  pipeline: text('the reconciliation'),
  rule: text('the name of the pass; `person`: a person made it'),
  state: oneOf(['proposed', 'confirmed', 'contested'], '`proposed`: needs review; `contested`: another reconciliation uses the same money'),
  by: oneOf(['rule', 'person'], 'what tied them'),
  left: list(matched, 'records of the left side'),
  right: list(matched, 'records of the right side'),
  left_amount: amount('what the left comes to'),
  right_amount: amount('what the right comes to'),
  difference: amount('right less left'),
  currency,
  evidence: named('what the rule found'),
};

const event = object({
  number: whole('counts the events'),
  at: instant('when'),
  actor: text('who; `schedule` or the account of a person'),
  action: text('what was done'),
  detail: named('what belongs to the action'),
});

/** `matches list` */
export const matchesShape = object({ matches: list(object(match), 'the newest first') });

/** `matches show` */
export const matchShape = object({ ...match, events: list(event, 'its history') });

/** `matches confirm`, `matches revoke` */
export const matchDecidedShape = object({
  id: text('id of the match'),
  pipeline: text('the reconciliation'),
  decision: oneOf(['confirm', 'revoke'], 'what was decided'),
});

/** `matches add` */
export const matchAddedShape = object({ id: text('id of the match'), pipeline: text('the reconciliation') });

const exceptionRecord = {
  side: oneOf(SIDES, 'the side'),
  side_name: text('its name'),
  entity: text('the entity'),
  connection: text('the connection'),
  key: text('its key there'),
  item: text('which of the records that a mapping made of one; empty: the only one'),
  amount: amount('its amount'),
};
/** One exception of `exceptions list`. */
const exceptionShape = object({
  id: text('its id; commands take the beginning of it too'),
  pipeline: text('the reconciliation'),
  type: text('its type, in [reconciliation.md](reconciliation.md)'),
  title: text('the type as a heading'),
  sentence: text('what happened'),
  next: text('what to do next'),
  records: list(
    object({
      ...exceptionRecord,
    }),
    'the records that it is about',
  ),
  amount: amount('what it is about in all'),
  currency,
  since: dayOrNull('its day'),
  age: wholeOrNull('business days since then'),
  bucket: textOrNull('the age as a range, such as `2-5`'),
  due_on: dayOrNull('the day by which somebody should have dealt with it'),
  overdue: flag('that day has passed'),
  state: oneOf(['open', 'assigned', 'waiting', 'resolved', 'closed'], '`resolved`: by a person; `closed`: new data explain it'),
  owner: textOrNull('who deals with it'),
  reason: textOrNull('why it was resolved'),
  facts: named('what the sentence is made of, money in minor units: `first`, `last` and `count` of a gap, `fee` and `expected` of a fee'),
  about: oneOf(['money', 'finding'], '`money`: the money of its records is open because of it; `finding`: a match may have it'),
  cause: textOrNull('id of the exception that this one is an echo of; echoes follow their cause'),
});

/** `exceptions list`, and what is done with them */
export const exceptionsShape = object({ exceptions: list(exceptionShape, 'the oldest first') });

const kept = {
  number: whole('number of the file'),
  name: text('its name'),
  kind: text('its media type'),
  bytes: whole('its size'),
  sha256: text('its hash'),
};

/** `exceptions show` */
export const exceptionWithHistoryShape = object({
  ...exceptionShape.shape,
  records: list(object({ ...exceptionRecord, ...place, drill }), 'the records that it is about, each with where it came from'),
  files: list(object({ ...kept, added_by: text('by whom'), added_at: instant('when') }), 'files that were attached'),
  match: textOrNull(
    'of `decision_no_longer_balances`: id of the match that a person decided, for `matches confirm` and `matches revoke`; otherwise null',
  ),
  events: list(event, 'its history'),
});

/** `exceptions attach` */
export const attachedShape = object({ attached: object(kept).describe('the file as it was kept') });

const STATUSES = ['matched', 'differs', 'left_only', 'right_only', 'unchecked'] as const;
const status = oneOf(STATUSES, '`unchecked`: a side is not complete, so nothing is said');

/** `report reconciliation` */
export const reconciliationsShape = object({
  reconciliations: list(
    object({
      pipeline: text('the reconciliation'),
      left: text('name of the left side'),
      right: text('name of the right side'),
      match_on: texts('what both must agree on, outermost first'),
      currency: text("the town's"),
      ran_at: instantOrNull('when it compared last; null before the first time'),
      problems: problems('why a side is not complete, or that money is used twice'),
      counts: object({
        matched: count('full keys that agree'),
        differs: count('that differ'),
        left_only: count('that only the left has'),
        right_only: count('that only the right has'),
        unchecked: count('that were not checked'),
      }).describe('full keys by status'),
      states: list(
        object({
          side: oneOf(SIDES, 'the side'),
          currency,
          state: oneOf(['confirmed', 'proposed', 'in_transit', 'excepted', 'out_of_scope'], 'every record is in one'),
          records: count('how many'),
          amount: amount("what they come to; all states of a side come to the side's total"),
          drill,
        }),
        'of a reconciliation by passes, in place of `lines`',
      ),
      reasons: list(
        object({
          status,
          reason: text('why'),
          currency,
          keys: count('how many full keys have this reason'),
          difference: amountOrNull('what they differ by in all'),
        }),
        'what several keys have in common',
      ),
      lines: list(
        object({
          key: z
            .record(z.string(), z.string())
            .meta({ title: 'object of texts', description: 'by name of `match_on`; empty for the total' }),
          depth: count('how many parts the key has; 0 is the total'),
          status,
          currency,
          left: amountOrNull('what the left has; null where it has nothing'),
          right: amountOrNull('what the right has'),
          difference: amountOrNull('right less left, without what was not checked'),
          left_count: count('records of the left'),
          right_count: count('records of the right'),
          reason: textOrNull('why it differs or was not checked'),
          drill,
        }),
        'a total for each currency first, then each roll-up before what is inside; without `--all`, inside the outermost keys only what differs',
      ),
    }),
    'one for each reconciliation',
  ),
});

const PERIOD_STATES = ['open', 'prepared', 'closed', 'reopened'] as const;
const period = {
  period: text('its id: 2026-07-15, 2026-07, 2026/2027'),
  kind: oneOf(['day', 'month', 'year'], 'what it is'),
  first: day('its first day'),
  last: day('its last day'),
  state: oneOf(PERIOD_STATES, 'how it stands'),
};

/** `period list` */
export const periodsShape = object({
  periods: list(
    object({ ...period, prepared_by: textOrNull('who prepared it'), closed_by: textOrNull('who closed it; null where it is not closed') }),
    'those that somebody has begun to close, by their last day',
  ),
});

/** `period status`, `close`, `reopen` */
export const periodShape = object({
  ...period,
  ready: flag('nothing of the checklist is to do'),
  prepared_by: textOrNull('who prepared it'),
  prepared_at: instantOrNull('when'),
  reopen_asked_by: textOrNull('who asked that it be opened again; another person has to do it'),
  reopen_reason: textOrNull('why'),
  checklist: list(
    object({
      item: oneOf(['over', 'months', 'runs', 'sources', 'rejects', 'compared', 'exceptions', 'postings'], 'what is looked at'),
      title: text('the same as a heading'),
      state: oneOf(['done', 'to_do', 'carried'], '`carried`: it goes on into the next period'),
      details: texts('what is missing, and what to do'),
    }),
    'what has to be so; of a closed period, as it was then',
  ),
  closings: list(
    object({
      number: whole('number of the closing'),
      prepared_by: text('who prepared it'),
      prepared_at: instant('when'),
      closed_by: text('who closed it'),
      closed_at: instant('when'),
      run: whole('the newest run whose data is in it'),
      reopened_by: textOrNull('who opened it again'),
      reopened_at: instantOrNull('when'),
      earlier_periods_reopened: texts('earlier periods that were opened again since'),
    }),
    'its closings',
  ),
  reports: list(
    object({ report: text('the report'), format: text('the format'), sha256: text('hash of the bytes') }),
    'what the closing in force kept',
  ),
});

/** `report saved` */
export const savedReportsShape = object({
  reports: list(
    object({ name: text('the name'), report: text('which report it is'), title: textOrNull('its title') }),
    'those of config/interlocal.yaml',
  ),
});

/** What a command gives that wrote a file. */
export const writtenShape = object({
  written: text('the file'),
  rows: count('lines of the table in it, or of all tables'),
  more: z
    .array(object({ written: text('the file'), table: text('the table'), rows: count('its lines') }))
    .optional()
    .describe('files of the other tables: a CSV file has one'),
});
