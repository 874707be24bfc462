import { z } from 'zod';
import { DELIVERY_STATES } from '../../store/outbound/deliveries.ts';
import { OUTBOX_STATES } from '../outbound/outbox-states.ts';
import {
  anything,
  count,
  day,
  flag,
  instant,
  instantOrNull,
  list,
  named,
  object,
  oneOf,
  outcome,
  problems,
  sums,
  text,
  textOrNull,
  texts,
  whole,
  wholeOrNull,
} from './parts.ts';

const reject = {
  id: whole('number of the rejected record'),
  pipeline: text('the pipeline'),
  state: oneOf(['open', 'replayed', 'superseded'], '`superseded`: a later good record replaced it, or a person dismissed it'),
  key: textOrNull('its key at the source; null where it could not be read so far'),
  date: textOrNull('as the mapping reads it; otherwise as the source wrote it, or null'),
  amount: textOrNull('as the mapping reads it, then `currency` is given; otherwise as the source wrote it, or null'),
  currency: textOrNull('ISO 4217 code of the amount'),
  file: textOrNull('the file; null for what came from no file'),
  line: wholeOrNull('the line in it; null for formats without lines'),
  record: whole('number of the record in the file, page or result'),
  readable: flag('false: it could not even be read into fields, so only the source can fix it'),
  problems: problems('why it was rejected'),
};

/** `rejects list` */
export const rejectsShape = object({
  rejects: list(object(reject), 'the oldest first; `--state` and `--limit` choose'),
  groups: list(
    object({
      pipeline: text('the pipeline'),
      problems: list(
        object({
          code: text('as in a problem'),
          path: textOrNull('the field'),
          message: text('what is wrong'),
          hint: textOrNull('what to do about it'),
        }),
        'what is wrong with all of them',
      ),
      count: count('how many they are'),
      ids: list(z.int(), 'their numbers'),
      totals: sums('exact sums of their amounts, by currency'),
      without_amount: count('how many of them have no amount that can be read'),
    }),
    'the same records by what is wrong with them',
  ),
  total: count('how many there are in all'),
});

/** `rejects show` */
export const rejectShape = object({
  ...reject,
  first_run: whole('the run that rejected it first'),
  last_run: whole('the run that rejected it last'),
  dismissed_by: textOrNull('the account of the person who dismissed it'),
  raw: text('what the source said: JSON of the values when `readable`, otherwise as it stood in the file; may hold personal data'),
});

/** `rejects replay` */
export const replayedShape = object({
  replayed: list(
    object({
      pipeline: text('the pipeline'),
      replayed: count('records that were used now'),
      skipped: count('records that the pipeline skips now'),
      rejected: count('still rejected'),
      unreadable: count('only the source can fix them'),
    }),
    'one for each pipeline that had rejected records',
  ),
  left: list(z.int(), 'numbers that were named and are not open'),
});

const closing = { ids: list(z.int(), 'those with which it was done'), left: list(z.int(), 'those with which it could not be done') };
/** `rejects dismiss` */
export const dismissedShape = object({ dismissed: count('how many were dismissed'), ...closing });
/** `rejects reopen` */
export const reopenedShape = object({ reopened: count('how many were opened again'), ...closing });

const keyOfSink = anything('list of the values of the idempotency key, or `{ "golden": 5 }` for a record that has none yet');

const outgoing = {
  id: whole('number of the record in the outbox'),
  pipeline: text('the pipeline'),
  key: keyOfSink,
  known_by: textOrNull('of a record without a key: what it is found by at its source, `receipt 000124 of pool`'),
  version: whole('counts the versions of the record that were put into the outbox'),
  operation: oneOf(['write', 'delete'], 'what is sent'),
  state: oneOf(OUTBOX_STATES, 'explained in [delivery.md](delivery.md)'),
  record: whole('number of the canonical record'),
  delivery: wholeOrNull('number of the delivery that it was sent with'),
  their_number: textOrNull('the number that the remote system gave it, such as that of a journal'),
  problems: problems('why it waits'),
  changed_at: instant('when its state changed last'),
  decision: object({
    did: oneOf(['approve', 'dismiss', 'retry', 'settle'], 'what was decided'),
    by: text('by whom'),
    at: instant('when'),
    reason: textOrNull('why'),
  })
    .nullable()
    .describe('what a person decided last about it'),
};

/** `deliver list` */
export const outgoingShape = object({
  records: list(object(outgoing), 'in the order in which they were put in; `--state` and `--limit` choose'),
});

const delivery = {
  id: whole('number of the delivery'),
  pipeline: text('the pipeline'),
  connection: text('where it goes'),
  sink: text('the sink of its connector'),
  name: text('the file, or what was asked'),
  day: day('the day that it is for; a file is named by it'),
  sequence: whole('its number at the sink; a file is named by it'),
  state: oneOf(
    DELIVERY_STATES,
    'what became of it; `unknown`: it is not known whether it arrived; `withdrawn`: its records were sent again',
  ),
  records: count('how many records it has'),
  totals: sums('its control totals, by the name that the sink gives them'),
  sha256: textOrNull('of the bytes of its file; null for requests and tables'),
  prepared_at: instant('when it was prepared'),
  sent_at: instantOrNull('when it was sent'),
  answered_at: instantOrNull('when it was answered'),
  answer: textOrNull('what the remote system said, shortened; may hold personal data'),
  problems: problems('what went wrong'),
};

/** `deliver settle` */
export const deliveryShape = object(delivery);

/** `deliver sent` */
export const deliveriesShape = object({ deliveries: list(object(delivery), 'what was sent together, newest first') });

/** `deliver show` */
export const deliveryWithRecordsShape = object({
  ...delivery,
  records_sent: list(
    object({ ...outgoing, values: named('the record as the mapping made it; holds personal data') }),
    'its records, as in `deliver list`',
  ),
});

/** `deliver approve`, `dismiss`, `retry`, `undo` */
export const decidedShape = object({
  done: list(z.int(), 'records with which it was done'),
  left: list(z.int(), 'those with which it could not be done; then the exit code is 1'),
});

/** `deliver preview` */
export const deliveryPreviewShape = object({
  preview: object({
    pipeline: text('the pipeline'),
    mode: text('its mode'),
    system: text('the connection that it sends to'),
    sink: text('the sink of its connector'),
    outcome,
    problems: problems('what keeps it from being sent'),
    notes: texts('sentences about what a run would do'),
    deliveries: list(
      object({
        kind: oneOf(['request', 'file', 'table'], 'how it is sent'),
        to: text('the operation, the file or the table'),
        operation: oneOf(['update', 'create', 'write', 'delete'], 'what is done there'),
        key: z.array(z.string()).nullable().describe('values of its key there; null for what has none yet'),
        known_by: textOrNull('what it is known by where it has no key there'),
        record: whole('number of the canonical record'),
        state: oneOf(OUTBOX_STATES, '`queued` is sent; `review`, `held` and `refused` wait; `shadow` is only shown'),
        fields: list(
          object({
            field: text('the field'),
            from: anything('what the system has; null where nothing was sent before'),
            to: anything('what it is to have'),
          }),
          'what changes there',
        ),
        text: textOrNull('what is written: parameters as JSON, lines of the file, the statement; null for what is refused'),
        entry: object({
          entry: whole('number of the journal entry'),
          id: text('its id'),
          reference: text('how the ledger knows it'),
          period: text('its period'),
          corrects: wholeOrNull('number of the entry that it corrects'),
          currency: text('ISO 4217 code of its amounts'),
          receipts: count('how many receipts it has'),
          lines: list(
            object({
              fund: text('the fund'),
              account: text('the account'),
              what: text('what the line is for'),
              debit: text('amount'),
              credit: text('amount'),
            }),
            'its lines',
          ),
        })
          .optional()
          .describe('the journal entry that it is; only there'),
        problems: problems('why it is refused or held'),
      }),
      'what it would send now, at most `--limit`; holds personal data',
    ),
    more_deliveries: count('how many more'),
    held_back: list(
      object({
        record: whole('number of the canonical record'),
        key: textOrNull('its number in that system'),
        field: textOrNull('the field'),
        why: oneOf(
          ['owned', 'nobody', 'not_owner', 'newer', 'echo', 'differs', 'emptied', 'emptied_elsewhere', 'no_record', 'parted'],
          'explained in [delivery.md](delivery.md#carrying-corrections-back); with `no_record`, key, field and values are null; with `parted`, value is CONNECTION:KEY of the record that was corrected',
        ),
        value: textOrNull('what is not sent; null for a field that was emptied'),
        theirs: textOrNull('the value that stays there'),
      }),
      'what a pipeline with `carry` does not send, at most `--limit`',
    ),
    more_held_back: count('how many more'),
  }).describe('nothing is sent, and nothing is written'),
});

/** `deliver conflicts` */
export const conflictsShape = object({
  conflicts: list(
    object({
      id: whole('for `deliver approve` (ours is sent) and `deliver dismiss` (theirs stays)'),
      pipeline: text('the pipeline'),
      connection: text('the system'),
      key: keyOfSink,
      record: whole('number of the canonical record'),
      fields: list(
        object({ field: text('the field'), ours: textOrNull('what would be sent'), theirs: textOrNull('what is there') }),
        'what both changed',
      ),
    }),
    'corrections that are held because the system changed a field itself; they hold personal data',
  ),
});
