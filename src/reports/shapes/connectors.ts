import { z } from 'zod';
import {
  count,
  day,
  flag,
  instant,
  instantOrNull,
  list,
  named,
  object,
  oneOf,
  oneOfOrNull,
  problems,
  text,
  textOrNull,
  texts,
} from './parts.ts';

const signer = object({
  key: text('fingerprint of the key'),
  name: textOrNull('its name in config/trusted-keys; null when it is not there'),
})
  .nullable()
  .describe('who signed just these files; null: nobody');
const hash = text('SHA-256 of the pack');
const stream = z.string().optional().describe('the stream; missing for what is true of the whole pack');
const sink = z.string().optional().describe('the sink, for what is written');

/** `certify` */
export const certificatesShape = object({
  certificates: list(
    object({
      connector: text('the connector'),
      version: text('its version'),
      title: text('its title'),
      hash,
      signer,
      half: oneOf(['offline', 'online'], 'against its recordings, or against a connection'),
      connection: z.string().optional().describe('which connection; only of the online half'),
      certified_at: instant('when'),
      passed: flag('no check failed'),
      findings: list(
        object({
          check: text('name of the check'),
          title: text('what it proves'),
          stream,
          sink,
          state: oneOf(['ok', 'warning', 'failed'], '`warning`: it holds, but should be seen'),
          detail: text('what was found'),
          hint: z.string().optional().describe('what to do about it'),
          milliseconds: z.number().optional().describe('how long it took'),
        }),
        'what was checked',
      ),
      not_applicable: list(
        object({
          check: text('name of the check'),
          title: text('what it would prove'),
          stream,
          sink,
          reason: z.string().optional().describe('where the recording gave nothing to try it on: why'),
        }),
        'checks that say nothing of a stream or sink',
      ),
    }),
    'one for each connector and half',
  ),
});

/** `new connector` */
export const newConnectorShape = object({
  connector: text('its name'),
  files: texts('the files that were made'),
  notes: texts('what should be known about them'),
});

/** `new signing-key` */
export const signingKeyShape = object({
  key: object({
    private_key: text('the file that stays with you'),
    public_key: text('the file for towns'),
    fingerprint: text('of the key'),
  }).describe('the pair that was made'),
});

/** `sign` */
export const signedShape = object({
  signed: object({
    file: text('where the signature is'),
    format: text('version of the signature'),
    connector: text('the connector'),
    version: text('its version'),
    hash,
    signed_on: day('the day'),
    valid_until: z.string().optional().describe('the last day on which it may be installed, when one was given'),
    key: text('fingerprint of the key'),
    signature: text('the signature'),
  }).describe('what was written to signature.json'),
});

/** `pack` */
export const packedShape = object({
  packed: object({
    file: text('the archive'),
    connector: text('the connector'),
    version: text('its version'),
    hash,
    files: count('files in it'),
    signed: flag('whether it is signed'),
  }).describe('what was written'),
});

/** `add` */
export const addedShape = object({
  added: object({
    connector: text('the connector'),
    version: text('its version'),
    hash,
    signer,
    replaced: object({ version: text('its version'), shipped: flag('it came with Interlocal') })
      .nullable()
      .describe('what was there before; null for a new connector'),
    changes: texts('what differs from it, in sentences'),
    certified: flag('it was certified before'),
    files: count('files in it'),
    written: flag('false with `--dry-run`'),
  }).describe('what was installed'),
});

/** `packs` */
export const packsShape = object({
  packs: list(
    object({
      connector: text('the connector'),
      version: text('its version; empty where its manifest cannot be read'),
      from: oneOf(['installed', 'shipped', 'own'], "`installed` by `add`; `shipped` with Interlocal; the town's `own`"),
      state: oneOfOrNull(['intact', 'changed', 'gone'], "as it was installed or released, or not; null for the town's own"),
      hash,
      signer,
      certified: z.boolean().nullable().describe('of an installed one: it was certified'),
      source: textOrNull('of an installed one: what it came from'),
      installed_at: instantOrNull('when it was installed'),
      changed: texts('files that are not as they were'),
    }),
    'every connector that the town can use',
  ),
  problems: problems('what differs, in sentences; with `--verify`, exit code 1 when there are any'),
});

/** `discover` */
export const discoveryShape = object({
  discovery: object({
    source: text('what was examined'),
    streams: list(
      object({
        name: text('a name'),
        description: text('what it is'),
        retriever: named('how it is fetched, as a manifest has it'),
        decoder: named('how it is decoded').optional(),
        record_selector: named('where the records are').optional(),
        control: z.array(named('one of them')).optional().describe('control figures'),
        incremental: named('how only what is new is read').optional(),
        paginator: named('how pages are asked for').optional(),
        fields: list(
          object({
            name: text('the field'),
            type: oneOf(['text', 'integer', 'decimal', 'date', 'datetime', 'boolean', 'list', 'object'], 'its type'),
            format: z.string().optional().describe('of a date'),
            required: z.boolean().optional().describe('every record has it'),
            optional: z.boolean().optional().describe('some records lack it'),
            personal: z.boolean().optional().describe('it seems to be about a person'),
            evidence: text('why, with numbers'),
          }),
          'its fields',
        ),
        keys: list(
          object({
            fields: texts('fields that name each record'),
            repeats: z.string().optional().describe('`number`: records that repeat are numbered'),
            evidence: text('why, with numbers'),
          }),
          'keys that it may have, the best first',
        ),
        evidence: texts('what was seen of the whole'),
      }),
      'streams that may be pasted into a manifest; none: exit code 1',
    ),
    options: named('options that the streams name, as a manifest has them'),
    transport_options: named('what every connection to it needs').optional(),
    notes: texts('what should be known'),
  }).describe('proposals'),
});
