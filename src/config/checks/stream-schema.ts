import { compileFormat } from '../../core/time/date-format.ts';
import type { Problem } from '../../core/errors.ts';
import { strangeInDateFormat } from '../date-formats.ts';
import { problemAt } from '../draft.ts';
import type { Part } from '../draft.ts';
import type { ConnectorConfig, StreamConfig } from '../schema/connector.ts';
import { quoted } from '../words.ts';
import { suggestion } from './references.ts';
import { isNested, recordTypesOf } from './source-fields.ts';

/** What a stream promises of its fields: formats that are none, fields inside others that cannot be there. */
export function checkSchema(part: Part<ConnectorConfig>, base: (string | number)[], stream: StreamConfig): Problem[] {
  const { fields } = stream.schema;
  const types = recordTypesOf(stream.decoder);
  const problems: Problem[] = [];
  for (const [name, { type, format, plain }] of Object.entries(fields)) {
    const add = (key: string[], code: string, message: string, hint?: string): void =>
      void problems.push(problemAt(part, [...base, name, ...key], code, message, hint));
    if (format !== undefined) {
      const strange = strangeFormat(format);
      if (strange) add(['format'], 'VALUE_INVALID', strange);
      else if (type !== 'date' && type !== 'datetime')
        add(
          ['format'],
          'VALUE_INVALID',
          `format is for dates, but this field is ${type}.`,
          'Set type: date or datetime, or leave format out.',
        );
    }
    if (plain !== undefined && type !== 'object' && type !== 'list')
      add(
        ['plain'],
        'VALUE_INVALID',
        `plain is for groups and lists of them, but this field is ${type}.`,
        'Set type: object, or leave plain out.',
      );
    if (!isNested(name, stream)) continue;
    const [head = '', ...rest] = name.split('.');
    const known = (stream.record_selector?.parents ?? []).includes(head) ? types?.get(head) : undefined;
    if (known && !known.includes(rest.join('.')))
      add([], 'REFERENCE_UNKNOWN', `the record type ${head} has no field "${rest.join('.')}".`, suggestion(rest.join('.'), known));
    const group = name.slice(0, name.lastIndexOf('.'));
    const around = Object.hasOwn(fields, group) ? fields[group]! : undefined;
    if (around && around.type !== 'object' && around.type !== 'list')
      add(
        [],
        'VALUE_INVALID',
        `it is in ${quoted(group)}, which is declared as ${around.type}.`,
        `Set type: object there, or list where it repeats.`,
      );
  }
  return problems;
}

function strangeFormat(format: string): string | undefined {
  const strange = strangeInDateFormat(format);
  if (strange) return `${quoted(format)} ${strange}.`;
  if (['/Date(ms)/', 'unix'].includes(format)) return undefined;
  const compiled = compileFormat(format);
  return typeof compiled === 'string' ? `${compiled}.` : undefined;
}
