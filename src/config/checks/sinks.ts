import type { Problem } from '../../core/errors.ts';
import { placeholdersIn } from '../connection-options.ts';
import { problemAt } from '../draft.ts';
import type { Part } from '../draft.ts';
import type { ConnectorConfig, SinkConfig } from '../schema/connector.ts';
import { checkLayout } from './decoders.ts';
import { suggestion } from './references.ts';

type Path = (string | number)[];

const TARGET_OF = { sftp: 'file', folder: 'file', http: 'request', soap: 'request', sqlserver: 'table' } as const;
const WRITABLE_PARTS = ['YYYY', 'YY', 'MM', 'M', 'DD', 'D', 'HH', 'mm', 'ss'];

/** A sink in itself: its target fits the transport, its layout can be, and every name in it leads somewhere. */
export function checkSink(part: Part<ConnectorConfig>, base: Path, sink: SinkConfig, options: readonly string[]): Problem[] {
  const problems: Problem[] = [];
  const add = (path: Path, code: string, message: string, hint?: string): void =>
    void problems.push(problemAt(part, [...base, ...path], code, message, hint));
  const { target, encoder, rows, schema } = sink;
  const { transport } = part.value;
  const fields = Object.keys(schema.fields);

  const needed = TARGET_OF[transport];
  const given = (['file', 'request', 'table'] as const).find((kind) => target[kind] !== undefined);
  if (given !== undefined && given !== needed)
    add(['target', given], 'VALUE_INVALID', `over the transport ${transport} a sink writes to target.${needed}, not ${given}.`);
  if (target.file && !encoder)
    add(
      ['encoder'],
      'KEY_MISSING',
      'the key "encoder" is missing: it says how the file is written.',
      'One of csv, fixed_width, xml, json.',
    );
  if (encoder) checkLayout(encoder, ['encoder'], add);

  const known = (name: string, path: Path): void => {
    if (!fields.includes(name)) add(path, 'REFERENCE_UNKNOWN', `"${name}" is not a field in this sink's schema.`, suggestion(name, fields));
  };
  sink.idempotency_key.forEach((name, i) => known(name, ['idempotency_key', i]));
  sink.file_per.forEach((name, i) => known(name, ['file_per', i]));
  sink.totals.forEach((name, i) => {
    known(name, ['totals', i]);
    if (fields.includes(name) && schema.fields[name]!.type !== 'decimal')
      add(['totals', i], 'VALUE_INVALID', `"${name}" is no decimal field, so it cannot be summed.`);
  });
  checkFormat(sink.date_format, ['date_format']);
  for (const [name, { format, type }] of Object.entries(schema.fields)) {
    if (format === undefined) continue;
    if (type !== 'date' && type !== 'datetime')
      add(['schema', 'fields', name, 'format'], 'VALUE_INVALID', `is for dates, and this field is ${type}.`);
    else checkFormat(format, ['schema', 'fields', name, 'format']);
  }

  const file = ['date', 'sequence', ...options];
  const totals = sink.totals.map((name) => `total.${name}`);
  if (target.file) names(target.file.name, ['target', 'file', 'name'], file);
  if (target.file) names(target.file.folder, ['target', 'file', 'folder'], options);
  if (target.request) names(target.request, ['target', 'request'], [...options, ...fields.map((name) => `record.${name}`)]);
  for (const place of ['header', 'each', 'trailer'] as const) {
    const record = place === 'each' ? fields : sink.file_per;
    const around = [...file, 'count', ...totals, ...(place === 'each' ? ['number'] : [])];
    rows?.[place].forEach((row, i) => names(row, ['rows', place, i], [...around, ...record.map((name) => `record.${name}`)]));
  }
  return problems;

  /** Fields may have spaces in their names, which other placeholders have not: they are looked up first. */
  function names(value: unknown, path: Path, allowed: readonly string[]): void {
    const unknown: string[] = [];
    const looked = JSON.stringify(value).replace(/\{\{\s*(record\.[^}]+?)\s*\}\}/g, (_, name: string) =>
      allowed.includes(name) ? '' : `{{ unknown.${unknown.push(name) - 1} }}`,
    );
    for (const { name, path: at } of placeholdersIn(JSON.parse(looked), path)) {
      const given = name?.startsWith('unknown.') ? unknown[Number(name.slice('unknown.'.length))]! : name;
      if (given === undefined)
        add(at, 'VALUE_INVALID', '{{ begins a name here and is not closed, or what stands in it is no name.', 'Write {{ record.NAME }}.');
      else if (!allowed.includes(given)) add(at, 'REFERENCE_UNKNOWN', `{{ ${given} }} is not known here.`, suggestion(given, allowed));
    }
  }

  function checkFormat(format: string, path: Path): void {
    const rest = [...format.matchAll(/([A-Za-z])\1*/g)]
      .map(([part]) => part)
      .find((part) => part !== 'T' && !WRITABLE_PARTS.includes(part));
    if (rest !== undefined) add(path, 'VALUE_INVALID', `has "${rest}", which cannot be written.`, `Write ${WRITABLE_PARTS.join(', ')}.`);
  }
}
