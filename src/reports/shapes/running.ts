import { z } from 'zod';
import { DELIVERY_STATES } from '../../store/outbound/deliveries.ts';
import {
  count,
  counts,
  decimalOrNull,
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
} from './parts.ts';

const result = {
  pipeline: text('the pipeline'),
  outcome,
  ...counts,
  duration_ms: whole('how long it took, in milliseconds'),
};

/** `run` */
export const runShape = object({
  runs: list(object(result), 'one for each pipeline that was run, in order'),
});

/** `preview` */
export const previewShape = object({
  preview: object({
    ...result,
    problems: problems('what keeps the run from succeeding'),
    notes: texts('sentences about what a run would do'),
    rejects: problems('problems of records that would be rejected'),
    changes: list(
      object({
        entity: text('the entity'),
        golden: whole('number of the golden record'),
        action: oneOf(
          ['created', 'changed', 'deleted', 'restored', 'merged'],
          'what would happen; `merged`: its records would belong to another golden record, the second of `changes._id`',
        ),
        changes: z
          .record(z.string(), z.tuple([z.unknown(), z.unknown()]))
          .meta({ title: 'object', description: 'by column the value before and after; money in minor units' }),
      }),
      'golden records that would change, at most `--limit` of them',
    ),
    more_changes: count('how many more would change'),
  }).describe('what a run would do'),
});

const check = object({
  name: text('what was looked at'),
  state: oneOf(
    ['ok', 'remark', 'attention', 'wrong'],
    '`remark`: to be known; `attention`: a person should see to it; `wrong`: must be fixed',
  ),
  code: z.string().optional().describe('of what is not ok, in [errors.md](errors.md)'),
  detail: text('what was found'),
  hint: z.string().optional().describe('what to do about it'),
});

/** `doctor` */
export const doctorShape = object({
  doctor: object({
    at: instant('when this was looked at'),
    state: oneOf(['ok', 'attention', 'wrong'], 'the worst of the checks'),
    checks: list(check, 'what was looked at'),
  }).describe('how the installation is'),
});

const lastRun = object({
  id: whole('number of the run'),
  started_at: instant('when it began'),
  ended_at: instantOrNull('when it ended; null while it runs'),
  outcome: textOrNull('as in `run`; null while it runs'),
  ...counts,
  duration_ms: decimalOrNull('how long it took, in milliseconds; null while it runs'),
  problems: problems('what went wrong in it'),
  notes: texts('sentences about what it did'),
});

const outbound = object({
  connection: text('the connection that it sends to'),
  sink: text('the sink of its connector'),
  needs_attention: object({
    review: count('they must be approved before they are sent'),
    held: count('on hold until a person decides'),
    unknown: count('it is not known whether they arrived'),
    rejected: count('the remote system did not take them'),
    refused: count('they cannot be written as the sink needs them'),
  }).describe('records that need attention, by state; the newest version of each'),
  to_settle: count('deliveries of which only a person can say what became of them'),
  shadow: count('records that are only shown, because the mode is shadow'),
  queued: count('records that the next run sends'),
  on_its_way: count('records on which the last word of the remote system, or of a person, is still to come'),
  overdue: count('deliveries without an answer for longer than the sink allows'),
  last_delivery: object({
    id: whole('number of the delivery'),
    name: text('the file, or what was asked'),
    state: oneOf(DELIVERY_STATES, 'as in `deliver sent`'),
    records: count('how many records it has'),
    totals: sums('its control totals, by the name that the sink gives them'),
    prepared_at: instant('when it was prepared'),
    sent_at: instantOrNull('when it was sent'),
    answered_at: instantOrNull('when it was answered'),
  })
    .nullable()
    .describe('the newest one; null before the first'),
}).meta({ id: 'outbound' });

/** One pipeline of `status`. */
const pipelineStatusShape = object({
  pipeline: text('its id'),
  title: textOrNull('its name for people; null where it has only its id'),
  mode: text('`off`, `shadow`, `review` or `live`'),
  schedule: textOrNull('as cron writes it; null without one'),
  running: flag('a run of it is going on'),
  stalled_since: instantOrNull('its run has not advanced for longer than `runs.stalled_after` of config/interlocal.yaml: since then'),
  unrecorded: object({
    at: instant('when that run ended'),
    problems: problems('why the store could not keep it'),
  })
    .nullable()
    .describe(
      'a run of this process that the store could not keep, because its disk was full or failing; `interlocal serve` knows of such runs',
    ),
  open_rejects: count('rejected records that are open'),
  waiting_files: list(
    object({
      path: text('the file'),
      reason: text('why it was left'),
      since: instant('when the first of these runs was'),
      runs: count('how many runs left it'),
    }),
    'files that the last run left for a later one',
  ),
  weak_encryption: list(
    object({ connection: text('the connection'), allowed: texts('names of the settings, such as `tls1.0`') }),
    'connections of the pipeline that allow what is no longer safe; nearly always empty',
  ),
  outbound: outbound.nullable().describe('what it sends; null for a pipeline that sends nothing'),
  last_run: lastRun.nullable().describe('its newest run; null before the first'),
});

const installation = object({
  at: instantOrNull('when `interlocal doctor` last looked, by command or by night; null before the first time'),
  state: oneOf(['ok', 'attention', 'failing'], 'how the installation is'),
  checks: list(check, 'what it found, and how much room the disk has now'),
});

/** `status` */
export const statusShape = object({
  configuration: object({
    in_force: flag("false when the records in the store were last made with another configuration than this folder's"),
    other: object({
      host: text('the machine'),
      folder: text('the folder'),
      at: instant('when it was used first'),
    })
      .nullable()
      .describe('which one, then'),
  }).describe('which configuration the records were made with'),
  pipelines: list(pipelineStatusShape, 'all of them: those that run in their order, then those that are off'),
  doctor: installation.describe('how the installation is'),
});

const loaded = object({
  loaded_at: instant('when the configuration in force was read'),
  refused_since: instantOrNull('since when the configuration in the folder cannot be used; null when it can'),
  problems: problems('why it cannot be used'),
});

/** `/api/status` */
export const apiStatusShape = object({
  configuration: loaded.describe('which configuration is in force'),
  pipelines: list(pipelineStatusShape, 'as in `status`'),
});

/** `/health` */
export const healthShape = object({
  status: oneOf(['ok', 'attention', 'failing'], 'the worst of all'),
  configuration: loaded.describe('which configuration is in force'),
  doctor: object({
    at: instantOrNull('as in `status`'),
    state: oneOf(['ok', 'attention', 'failing'], 'as in `status`'),
    codes: texts('of what was found; no details, because they name folders'),
  }).describe('how the installation is'),
  pipelines: list(
    object({
      pipeline: text('its id'),
      running: flag('a run of it is going on'),
      stalled_since: instantOrNull('as in `status`'),
      outcome: textOrNull('of its newest run; null before the first, and while it runs'),
      ended_at: instantOrNull('of its newest run'),
      open_rejects: count('rejected records that are open'),
      waiting_files: count('files that the last run left'),
      needs_attention: count('records and deliveries of its outbox that need attention'),
      overdue: count('deliveries without an answer for longer than the sink allows'),
    }),
    'those that are not off',
  ),
});

/** `/health` with HTTP status 503. */
export const downShape = object({
  status: z.literal('down').describe('the store cannot be read, or the look at it ended with an error'),
  message: text('the same in a sentence'),
});

/** `check` */
export const checkShape = object({
  connections: list(
    object({
      connection: text('the connection'),
      ok: flag('true when every check is'),
      checks: list(
        object({
          name: text('what was looked at'),
          ok: flag('whether it holds'),
          code: z.string().optional().describe('of what does not hold, in [errors.md](errors.md)'),
          detail: text('what was found'),
          hint: z.string().optional().describe('what to do about it'),
          warning: z.boolean().optional().describe('true for what works but should be seen'),
        }),
        'what was looked at',
      ),
    }),
    'one for each connection',
  ),
});

/** `audit` */
export const auditShape = object({
  entries: list(
    object({
      id: whole('number of the entry'),
      at: instant('when'),
      actor: text("the operating system's account, or `schedule`"),
      action: text('what was done; the actions are in [it.md](it.md#audit)'),
      subject: text('the connection or pipeline'),
      detail: named('what belongs to the action; never secrets or personal data'),
    }),
    'the newest `--limit` of them (200), the oldest of these first',
  ),
});

/** `audit --verify` */
export const auditVerdictShape = object({
  verified: object({
    whole: flag('no entry was changed or removed'),
    entries: count('how many are whole'),
    head: text('hash of the newest whole entry; empty without entries'),
    broken: z.int().nullable().describe('number of the first entry that is not what was written, or null'),
  }).describe('what going through the whole log found'),
});

/** `store copy` */
export const storeCopyShape = object({
  tables: list(
    object({
      table: text('the table'),
      rows: count('its rows'),
      sha256: text('hash of all its values in the order of its primary key: the same in both stores'),
    }),
    'every table that was copied',
  ),
});

/** `serve`, when it listens. */
export const serveShape = object({ serves: text("the town's name"), url: text('where its pages are') });

/** `validate` */
export const validateShape = object({
  valid: flag('whether the folder can be used'),
  problems: problems('everything that is wrong'),
  checked: z
    .record(z.string(), z.int())
    .optional()
    .meta({ title: 'object of numbers', description: 'how many of each kind there are; only when it is valid' }),
  remarks: z
    .array(z.string())
    .optional()
    .describe('sentences about what is right but should be seen, such as weak encryption that is allowed; only when it is valid'),
});

/** `test` */
export const testShape = object({
  mappings: list(
    object({
      mapping: text('the mapping'),
      state: oneOf(['passed', 'failed', 'untested', 'invalid'], '`untested`: it has no tests; `invalid`: it cannot be used'),
      tests: list(
        object({
          name: text('the test'),
          passed: flag('whether it gave what it says'),
          differences: list(
            object({ at: text('the column'), expected: text('what the test says'), got: text('what came instead') }),
            'what differs',
          ),
          problems: problems('why the record was rejected, also where it was meant to be'),
        }),
        'its tests',
      ),
      problems: problems('why it cannot be used'),
    }),
    'one for each mapping',
  ),
});

/** `init` */
export const initShape = object({ folder: text('the folder that was made'), files: texts('the files in it') });

/** `schemas` */
export const schemasShape = object({ files: texts('the JSON Schemas that were written') });
