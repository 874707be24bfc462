import { z } from 'zod';
import {
  anything,
  count,
  decimal,
  decimalOrNull,
  flag,
  instant,
  list,
  named,
  object,
  oneOf,
  oneOfOrNull,
  text,
  textOrNull,
  texts,
  whole,
  wholeOrNull,
} from './parts.ts';

const LINK_KINDS = ['rule', 'score', 'steward'] as const;
const VERDICTS = ['same', 'different', 'later'] as const;

const member = object({ connection: text('the connection'), source_key: text('the key of the source record') });

const decision = object({
  id: whole('its number, which `review undo` takes'),
  a: member.describe('one source record'),
  b: member.describe('the other'),
  verdict: oneOf(VERDICTS, 'what was decided'),
  reason: textOrNull('why'),
  actor: text('who decided'),
  at: instant('when'),
  undone: object({ by: text('by whom'), at: instant('when') })
    .nullable()
    .describe('it was taken back'),
}).meta({ id: 'decision' });

/** `explain` */
export const explainShape = object({
  records: list(
    object({
      entity: text('the entity'),
      id: whole('number of the golden record'),
      fields: list(
        object({
          field: text('the column'),
          value: z
            .union([z.string(), z.number()])
            .nullable()
            .meta({ title: 'value', description: 'its value; money in minor units, booleans as 0 and 1' }),
          class: text('how the model classes it, such as `public` or `personal`'),
          from: object({
            pipeline: text('the pipeline that read it'),
            connection: text('the system'),
            run: whole('the run'),
            file: textOrNull('the file'),
            line: wholeOrNull('the line in it'),
            record: whole('number of the record'),
            source_key: text('key of the source record'),
            mapping: textOrNull('the mapping that made it; may be null where `outdated`'),
            item: text('which item of a list in the record; empty where the record is one'),
            fields: named('what the source said in the fields that it was made from; empty where `outdated`'),
            outdated: flag('the mapping has changed since and makes another value now'),
          })
            .optional()
            .describe('where it came from; missing where there is no value, and where a person set it'),
          steward: object({
            value: whole('number of the value that was set'),
            actor: text('who set it'),
            at: instant('when'),
            reason: text('why'),
          })
            .optional()
            .describe('a person set the value'),
          emptied: object({
            connection: text('the connection'),
            source_key: text('the key of the source record there'),
            run: whole('the run that read it'),
          })
            .optional()
            .describe('the field is empty because the system that owns it emptied it'),
        }),
        'one for each column',
      ),
      newest_rejected: object({ reject: whole('number of the rejected record'), pipeline: text('the pipeline') })
        .nullable()
        .describe('its newest version was rejected, and this is the last good one'),
      history: list(
        object({
          at: instant('when'),
          run: whole('the run'),
          action: text('what happened'),
          changes: anything('by column the value before and after, or null'),
        }),
        'what runs did with it',
      ),
      posted: z
        .array(
          object({
            entry: whole('number of the journal entry'),
            reference: text('how the ledger knows it'),
            pipeline: text('the pipeline that posts it'),
            connection: text('the ledger'),
            period: text('its period'),
            day: text('its day'),
            amount: whole("the receipt's revenue in it, in minor units"),
            currency: text('ISO 4217 code'),
            state: text('as in `deliver list`'),
            corrects: wholeOrNull('number of the entry that it corrects'),
            ledger_number: textOrNull('the number that the ledger gave it'),
            delivery: wholeOrNull('number of the delivery'),
          }),
        )
        .optional()
        .describe('journal entries that have it; of receipts, where a pipeline posts entries'),
      cluster: object({
        golden_id: whole('number of the golden record'),
        aliases: z.array(z.int()).describe('ids that lead here'),
        members: list(
          object({
            connection: text('the connection'),
            source_key: text('the key of the source record'),
            id: whole('its own id'),
            link_kind: textOrNull('as in `identity clusters`'),
            score: decimalOrNull('in bits'),
          }),
          'its source records',
        ),
        links: list(
          object({
            a: text('CONNECTION:KEY'),
            b: text('CONNECTION:KEY'),
            kind: oneOf(LINK_KINDS, 'what ties them; `steward`: a person'),
            rule: textOrNull('the rule'),
            score: decimalOrNull('in bits'),
            reasons: texts('sentences'),
          }),
          'the pairs that tie them',
        ),
        decisions: list(decision, 'what people decided about them'),
      })
        .optional()
        .describe('what it is made of; of an entity whose records are compared'),
    }),
    'at most five; empty with exit code 1 when there is none',
  ),
});

/** `identity clusters` */
export const clustersShape = object({
  entity: text('the entity'),
  clusters: list(
    object({
      golden_id: whole('number of the golden record'),
      connection: text('the connection'),
      source_key: text('the key of the source record'),
      link_kind: oneOfOrNull(LINK_KINDS, 'what ties it to the others; `steward`: a person; null for one alone'),
      score: decimalOrNull('in bits, of the best pair that ties it'),
    }),
    'one for each source record',
  ),
});

/** `identity report` */
export const identityReportShape = object({
  entity: text('the entity'),
  behind: textOrNull('a sentence where the model changed or records were not compared yet'),
  source_records: count('source records'),
  golden_records: count('golden records'),
  double_entries: count('source records that are a second record of somebody'),
  by_connection: list(
    object({
      connection: text('the connection'),
      source_records: count('its source records'),
      golden_records: count('its golden records'),
      duplicates_inside: count('source records that are a second record in the same system'),
    }),
    'one for each system',
  ),
  links: object({
    rule: count('tied by a rule'),
    score: count('tied by their score'),
    steward: count('tied by a person'),
  }).describe('source records by what ties them'),
  waiting: object({ pairs: count('pairs that need review'), later: count('of these, postponed') }).describe('what needs review'),
  decisions: object({
    same: count('decided as the same'),
    different: count('decided as different'),
    later: count('postponed'),
    undone: count('taken back'),
  }).describe('what people decided'),
  estimate: object({
    precision: decimalOrNull('share of the linked pairs that are right; null when nothing is linked'),
    recall: decimalOrNull('share of the right pairs that are linked; null when nothing is linked'),
    method: text('how it was estimated'),
  }).describe('how good the links are'),
});

/** `identity compare` */
export const comparedShape = object({ entity: text('the entity'), compared: flag('false when nothing was to do') });

/** `identity train` */
export const trainedShape = object({
  file: textOrNull('the file that was written; null with `--dry-run`'),
  untrained: texts('populations with too few records'),
  parameters: named('what the file holds'),
});

/** `identity set`, `identity unset` */
export const stewardChangeShape = object({
  golden_id: whole('number of the golden record'),
  values: z.array(z.int()).describe('numbers of the values that were set or taken back'),
  fields: texts('their fields'),
});

/** `identity values` */
export const stewardValuesShape = object({
  entity: text('the entity'),
  values: list(
    object({
      value: whole('its number'),
      connection: text('the connection of the source record that it belongs to'),
      source_key: text('the key of that record'),
      field: text('the field'),
      columns: named('by column, what was set; null: the field is to be empty'),
      actor: text('who set it'),
      at: instant('when'),
      reason: text('why'),
      undone: object({ by: text('by whom'), at: instant('when') })
        .nullable()
        .describe('it was taken back'),
    }),
    'the newest first',
  ),
});

const shown = object({
  id: whole('id of the source record'),
  connection: text('the connection'),
  source_key: text('its key there'),
  golden_id: whole('number of its golden record'),
  golden_records: whole('how many source records that golden record has; `same` joins all of both'),
  fields: named('what its system gave; personal data'),
}).meta({ id: 'shown_record' });

const pair = {
  pair: text('`ID-ID`, which the review commands take'),
  score: decimal('in bits: 0 is even odds, 3 is 8 to 1'),
  veto: textOrNull('why it is not linked without a person'),
  later: flag('it was postponed'),
  a: shown.describe('one source record'),
  b: shown.describe('the other'),
  reasons: texts('sentences about how likely they are the same'),
  waterfall: list(
    object({
      feature: text('what was compared'),
      level: text('how well it agrees'),
      a: textOrNull('of the one, in its standard form'),
      b: textOrNull('of the other'),
      bits: decimal('what it adds to the score'),
    }),
    'what the score is made of',
  ),
};

/** `review list` */
export const reviewShape = object({
  entity: text('the entity'),
  total: count('all pairs that need review'),
  pairs: list(object(pair), 'at most `--limit` of them, the most likely first'),
});

/** `review list --decided` */
export const decisionsShape = object({ entity: text('the entity'), decisions: list(decision, 'the newest first') });

/** `review show` */
export const reviewPairShape = object({ ...pair, decisions: list(decision, 'what was decided about this pair') });

const decidedMember = object({
  connection: text('the connection'),
  source_key: text('the key of the source record'),
  golden_id: whole('number of its golden record now'),
});
const verdict = {
  decision: whole('number of the decision, which `review undo` takes'),
  verdict: oneOf(VERDICTS, 'what was decided'),
};
const made = object({ ...verdict, a: decidedMember.describe('one source record'), b: decidedMember.describe('the other') });

/** `review same`, `different`, `later` */
export const reviewedShape = made;

/** `review undo` */
export const undoneShape = object(verdict);

/** `unmerge` */
export const unmergedShape = object({ decisions: list(made, 'one for each record that it was linked with') });
