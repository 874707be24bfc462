import type { SinkConfig, SinkField } from '../../config/schema/connector.ts';
import { didYouMean, type Problem } from '../../core/errors.ts';
import type { Value, Values } from '../../core/record.ts';
import { isCalendarDate } from '../../core/time/time.ts';
import { writtenDate } from './sink-dates.ts';

interface At {
  file: string;
  record: number;
}

/**
 * A record as the system wants it written: dates and decimals in its form. Everything that it would not take is added to
 * `problems`: unknown fields (a misspelled one would silently be missing in the remote system), missing ones, values too long.
 */
export function writtenValues(sink: SinkConfig, values: Values, at: At, problems: Problem[]): Values {
  const { fields } = sink.schema;
  const hashed = Object.values(sink.hash_totals).map(({ of }) => of);
  return group(values, '');

  function group(given: Values, below: string): Values {
    const written: Values = {};
    for (const [name, value] of Object.entries(given)) {
      const path = below + name;
      const field = Object.hasOwn(fields, path) ? fields[path]! : undefined;
      if (!field) unknown(name, path, below);
      // The mark of an emptied field is written whatever the type of the field.
      else if (value !== null && value === sink.emptied) written[name] = value;
      else if (value !== null && value !== '') written[name] = one(field, value, path);
    }
    for (const name of namesBelow(below)) {
      const { required } = fields[below + name]!;
      if (required && isMissing(written[name]) && !problems.some((p) => p.place.record === at.record && p.place.path === below + name))
        report(
          'FIELD_REQUIRED',
          below + name,
          `"${below + name}" has no value, but the other system does not accept the record without it, so the record is not sent.`,
          'Give it a value in the mapping. If the value comes from a code, add the code to the lookup.',
        );
    }
    return written;
  }

  function one(field: SinkField, value: Value, path: string): Value {
    if (field.type === 'list') {
      if (!Array.isArray(value)) return wrong(field, path, value, 'a list');
      return value.map((item) => (typeof item === 'object' && item !== null && !Array.isArray(item) ? group(item, `${path}.`) : item));
    }
    if (field.type === 'object')
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? group(value, `${path}.`)
        : wrong(field, path, value, 'a group of fields');
    if (typeof value !== 'string') return wrong(field, path, value, 'one value');
    const text = textOf(field, value, path);
    if (text === undefined) return null;
    if (field.values && !field.values.includes(text))
      report(
        'VALUE_UNKNOWN',
        path,
        `"${path}" is ${shown(field, text)}, but the system knows only ${field.values.join(', ')}.`,
        'Add the code to the lookup of the mapping.',
      );
    if (field.never?.includes(text))
      report(
        'VALUE_FORBIDDEN',
        path,
        `"${path}" is ${shown(field, text)}, which has a special meaning in the other system.`,
        'In the mapping, leave the field empty for such records.',
      );
    if (hashed.includes(path) && !/^\d+$/.test(text))
      report(
        'VALUE_INVALID',
        path,
        `"${path}" is ${shown(field, text)}, but must be digits only, because the file contains a check sum of it.`,
        'In the mapping, keep only the digits, for example with replace:.',
      );
    const length = [...text].length;
    if (field.max_length !== undefined && length > field.max_length)
      report(
        'VALUE_TOO_LONG',
        path,
        `"${path}" has ${length} characters, but the system takes at most ${field.max_length}.`,
        `Shorten the value in the mapping, for example with match: { pattern: "^(.{0,${field.max_length}})" }. Interlocal never cuts a value off by itself.`,
      );
    return text;
  }

  /** The value as it is written; undefined when it is not what the field must be. */
  function textOf(field: SinkField, value: string, path: string): string | undefined {
    if (field.type === 'date' || field.type === 'datetime') {
      const m = /^(\d{4})-(\d\d)-(\d\d)/.exec(value);
      if (!m || !isCalendarDate(Number(m[1]), Number(m[2]), Number(m[3])) || (field.type === 'date' && value.length !== 10))
        return void wrong(field, path, value, 'a day, YYYY-MM-DD');
      return field.format === undefined ? value : writtenDate(value, field.format);
    }
    if (field.type === 'integer' && !/^-?\d+$/.test(value)) return void wrong(field, path, value, 'a whole number');
    if (field.type === 'boolean' && !/^(true|false)$/.test(value)) return void wrong(field, path, value, 'true or false');
    if (field.type !== 'decimal' && field.type !== 'integer') return value;
    const number = field.type === 'decimal' ? decimal(field, value, path) : value;
    if (number === undefined) return undefined;
    if (number.startsWith('-') && !field.signed)
      return void report(
        'VALUE_NEGATIVE',
        path,
        `"${path}" is ${shown(field, number)}, but the other system has no place for a minus sign there.`,
        "In the mapping, send the amount without its sign, and the direction (debit or credit) in the field that the connector's README names.",
      );
    return field.absolute ? number.replace(/^-/, '') : number;
  }

  function decimal(field: SinkField, value: string, path: string): string | undefined {
    const m = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value);
    if (!m) return void wrong(field, path, value, 'an amount such as 1234.50');
    if (field.decimals === undefined) return value;
    const fraction = m[3] ?? '';
    if (/[1-9]/.test(fraction.slice(field.decimals)))
      return void wrong(field, path, value, `an amount with at most ${field.decimals} decimals`);
    const digits = fraction.slice(0, field.decimals).padEnd(field.decimals, '0');
    return `${m[1]}${m[2]}${digits === '' ? '' : `.${digits}`}`;
  }

  function unknown(name: string, path: string, below: string): void {
    const meant = didYouMean(name, namesBelow(below));
    report(
      'FIELD_UNKNOWN',
      path,
      `The system has no field "${path}".`,
      meant ? `Did you mean ${meant}?` : 'Remove it from the mapping, or add it to the schema of the sink.',
    );
  }

  function namesBelow(below: string): string[] {
    return Object.keys(fields)
      .filter((path) => path.startsWith(below))
      .map((path) => path.slice(below.length))
      .filter((name) => (below === '' ? !name.includes('.') || !hasParent(name) : !name.includes('.')));
  }

  /** A point may belong to a name: m.muni_desc is not a field of a group m. */
  function hasParent(path: string): boolean {
    return Object.hasOwn(fields, path.slice(0, path.indexOf('.')));
  }

  function wrong(field: SinkField, path: string, value: Value, what: string): null {
    report('VALUE_INVALID', path, `"${path}" must be ${what}, but is ${shown(field, value)}.`, 'Correct it in the mapping.');
    return null;
  }

  function report(code: string, path: string, message: string, hint: string): void {
    problems.push({ code, place: { ...at, path }, message, hint });
  }
}

function isMissing(value: Value | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function shown(field: SinkField, value: Value): string {
  if (field.class === 'personal') return '(personal value hidden)';
  return typeof value === 'string' ? JSON.stringify(value) : Array.isArray(value) ? 'a list' : 'a group of fields';
}
