import type { Problem } from '../../../core/errors.ts';
import { placeholdersIn } from '../../connection-options.ts';
import { problemAt } from '../../draft.ts';
import type { Part } from '../../draft.ts';
import type { ConnectorConfig, SinkConfig } from '../../schema/connector.ts';
import { checkLayout } from '../decoders.ts';
import { checkFolder } from '../folders.ts';
import { checkPack } from '../packing.ts';
import type { TransportRules } from '../transport-rules.ts';
import { suggestion } from '../references.ts';
import { checkColumns, rowsOfSink } from './sink-rows.ts';
import { checkTotals } from './sink-totals.ts';

type Path = (string | number)[];

/** The columns that a sink writes into its table: of the record, and of the items of its list. */
function tableColumns({ schema, target }: SinkConfig): string[] {
  const list = target.table?.for_each;
  return Object.keys(schema.fields).flatMap((name) =>
    name === list ? [] : [list !== undefined && name.startsWith(`${list}.`) ? name.slice(list.length + 1) : name],
  );
}

function listsOf({ schema }: SinkConfig): string[] {
  return Object.entries(schema.fields).flatMap(([name, { type }]) => (type === 'list' ? [name] : []));
}

const WRITABLE_PARTS = ['YYYY', 'YY', 'MM', 'M', 'DD', 'D', 'HH', 'mm', 'ss'];

/** A sink in itself: its target fits the transport, its layout can be, and every name in it leads somewhere. */
export function checkSink(
  part: Part<ConnectorConfig>,
  base: Path,
  sink: SinkConfig,
  options: readonly string[],
  rules: TransportRules | undefined,
): Problem[] {
  const problems: Problem[] = [];
  const add = (path: Path, code: string, message: string, hint?: string): void =>
    void problems.push(problemAt(part, [...base, ...path], code, message, hint));
  const { target, encoder, schema } = sink;
  const { transport } = part.value;
  const fields = Object.keys(schema.fields);

  const given = (['file', 'request', 'table'] as const).find((kind) => target[kind] !== undefined);
  if (rules && given !== undefined && given !== rules.writes)
    add(['target', given], 'VALUE_INVALID', `over the transport ${transport} a sink writes to target.${rules.writes}, not ${given}.`);
  if (target.file && !encoder)
    add(
      ['encoder'],
      'KEY_MISSING',
      'the key "encoder" is missing: it says how the file is written.',
      'One of csv, fixed_width, xml, json.',
    );
  if (encoder) checkLayout(encoder, ['encoder'], add);
  if (sink.json_types && !encoder?.json && (encoder || (rules && rules.requests?.bodies !== 'document')))
    add(['json_types'], 'VALUE_INVALID', 'is for JSON, but this sink writes none.', 'Remove it.');

  const known = (name: string, path: Path): void => {
    if (!fields.includes(name)) add(path, 'REFERENCE_UNKNOWN', `"${name}" is not a field in this sink's schema.`, suggestion(name, fields));
  };
  sink.idempotency_key.forEach((name, i) => known(name, ['idempotency_key', i]));
  if (sink.creates?.reference !== undefined) known(sink.creates.reference, ['creates', 'reference']);
  if (sink.target.table) sink.creates?.find_by?.forEach((name, i) => known(name, ['creates', 'find_by', i]));
  sink.file_per.forEach((name, i) => known(name, ['file_per', i]));
  sink.rows?.group?.by.forEach((name, i) => known(name, ['rows', 'group', 'by', i]));
  checkTotals(sink, add);
  checkFormat(sink.date_format, ['date_format']);
  for (const [name, { format, type }] of Object.entries(schema.fields)) {
    if (format === undefined) continue;
    if (type !== 'date' && type !== 'datetime')
      add(['schema', 'fields', name, 'format'], 'VALUE_INVALID', `is for dates, but this field is ${type}.`);
    else checkFormat(format, ['schema', 'fields', name, 'format']);
  }

  if (target.file?.staging !== undefined && target.file.upload !== undefined && target.file.upload !== 'rename')
    add(
      ['target', 'file', 'staging'],
      'VALUE_INVALID',
      `is for files that are moved into place, but upload is ${target.file.upload}.`,
      'Remove one of the two.',
    );
  const file = ['date', 'sequence', ...options];
  if (target.file) names(target.file.name, ['target', 'file', 'name'], file);
  if (target.file) names(target.file.folder, ['target', 'file', 'folder'], options);
  target.file?.pack?.forEach(({ zip }, i) => zip && names(zip.entry, ['target', 'file', 'pack', i, 'zip', 'entry'], file));
  checkFolder(target.file?.folder, ['target', 'file', 'folder'], add);
  checkFolder(target.file?.staging, ['target', 'file', 'staging'], add);
  checkFolder(sink.acknowledgment?.file?.folder, ['acknowledgment', 'file', 'folder'], add);
  if (target.file?.pack) checkPack(target.file.pack, part.value.options, add);
  for (const [key, path] of [
    [target.file?.marker, ['target', 'file', 'marker']],
    [sink.acknowledgment?.file?.accepted, ['acknowledgment', 'file', 'accepted']],
    [sink.acknowledgment?.file?.rejected, ['acknowledgment', 'file', 'rejected']],
  ] as const)
    if (key === '{name}' && (path[0] === 'target' || sink.acknowledgment!.file!.folder === target.file?.folder))
      add([...path], 'VALUE_INVALID', 'gives the marker the name of the file itself.', 'Add an ending to it, such as {name}.done.');
  const asking = [
    ...options,
    'idempotency_key',
    ...(target.request?.login ? ['session'] : []),
    ...(sink.encoder && target.request ? ['date', 'sequence'] : []),
    ...fields.map((name) => `record.${name}`),
  ];
  if (target.request) {
    const { login, ...ask } = target.request;
    names(ask, ['target', 'request'], asking);
    if (login) names(login, ['target', 'request', 'login'], [...options, 'session']);
  }
  if (target.table) names(target.table.name, ['target', 'table', 'name'], options);
  for (const [name, path] of [
    [sink.rows?.for_each, ['rows', 'for_each']],
    [target.table?.for_each, ['target', 'table', 'for_each']],
  ] as const)
    if (name !== undefined && schema.fields[name]?.type !== 'list')
      add([...path], 'REFERENCE_UNKNOWN', `"${name}" is not a list in this sink's schema.`, suggestion(name, listsOf(sink)));
  checkTarget();
  checkAnswers();
  for (const { row, path, names: around } of rowsOfSink(sink)) names(row, path, [...file, ...around]);
  checkColumns(sink, add);
  return problems;

  /** What is asked or written can be, with this transport. */
  function checkTarget(): void {
    const { request, table, file } = target;
    if (request) {
      rules?.requests?.checkSink(sink, add);
      if (encoder && request.body !== undefined)
        add(['target', 'request', 'body'], 'VALUE_INVALID', 'is given together with an encoder, but only one of them can write the body.');
      if ((sink.max_records ?? 1) > 1 && !encoder)
        add(['max_records'], 'VALUE_INVALID', 'a body template is for one record; only an encoder writes several into one request.');
    }
    const list = table?.for_each;
    const columns = tableColumns(sink);
    table?.key.forEach((name, i) => {
      if (!columns.includes(name))
        add(['target', 'table', 'key', i], 'REFERENCE_UNKNOWN', `"${name}" is not a column that is written.`, suggestion(name, columns));
    });
    if (table && list !== undefined && table.key.length === 0)
      add(['target', 'table', 'key'], 'KEY_MISSING', 'the key "key" is missing: it says which columns identify a row.', columns.join(', '));
    if (table && list !== undefined && (table.write === 'update' || table.write === 'delete'))
      add(['target', 'table', 'write'], 'VALUE_INVALID', `is ${table.write}, but the rows of a list are written.`, 'Use append or upsert.');
    if (table)
      for (const [name, field] of Object.entries(schema.fields))
        if (name !== list && (field.type === 'list' || field.type === 'object'))
          add(['schema', 'fields', name, 'type'], 'VALUE_INVALID', `is ${field.type}, but a column of a table holds one value.`);
    if (sink.deletions === 'send' && file)
      add(['deletions'], 'VALUE_INVALID', 'cannot be send, because a file cannot report a deleted record.', 'Use hold or ignore.');
    if (sink.deletions === 'send' && request && !request.delete)
      add(['target', 'request', 'delete'], 'KEY_MISSING', 'the key "delete" is missing: it says what is requested to delete a record.');
  }

  /** What is said to become known of a record can be known. */
  function checkAnswers(): void {
    const a = sink.acknowledgment;
    const at = 'acknowledgment';
    const only = (key: 'taken' | 'file' | 'response', kind: 'file' | 'request'): void => {
      if (a?.[key] !== undefined && !target[kind]) add([at, key], 'VALUE_INVALID', `is for sinks that write to target.${kind}.`);
    };
    only('taken', 'file');
    only('file', 'file');
    only('response', 'request');
    if (a?.row && !target.table) add([at, 'row'], 'VALUE_INVALID', 'is for sinks that write to target.table.');
    if (a?.read_back === true && !target.table)
      add(
        [at, 'read_back'],
        'VALUE_INVALID',
        'true is for tables.',
        'Write what is requested, and what its answer must have: path, found and equal.',
      );
    if (typeof a?.read_back === 'object') {
      if (!target.request)
        add(
          [at, 'read_back'],
          'VALUE_INVALID',
          'a request is for sinks that write to target.request.',
          target.table ? 'Write read_back: true.' : undefined,
        );
      const { equal, found: _found, number: _number, ...ask } = a.read_back;
      names(ask, [at, 'read_back'], asking);
      for (const [path, field] of Object.entries(equal)) known(field, [at, 'read_back', 'equal', path]);
    }
    for (const kind of ['file', 'response'] as const) {
      const records = a?.[kind]?.records;
      if (records && records.key.length !== sink.idempotency_key.length)
        add(
          [at, kind, 'records', 'key'],
          'VALUE_INVALID',
          `has ${records.key.length} fields, but the idempotency key has ${sink.idempotency_key.length}.`,
          `Name the fields with ${sink.idempotency_key.join(', ')}, in that order.`,
        );
    }
    const response = a?.response;
    if (response && (response.path === undefined) !== (response.accepted === undefined))
      add(
        [at, 'response'],
        'KEY_MISSING',
        'has only one of path and accepted, but needs both.',
        'Add path (where in the answer) and accepted (the values that mean yes).',
      );
    if (response && response.path === undefined && !response.records)
      add([at, 'response'], 'KEY_MISSING', 'does not say where the answer is.', 'Add path and accepted, or records.');
    if (a?.file && !a.file.accepted && !a.file.rejected && !a.file.records)
      add([at, 'file'], 'VALUE_INVALID', 'names no file.', 'Add accepted, rejected or records.');
    if (sink.one_at_a_time && !a?.taken && !a?.file && !a?.read_back && !a?.response && !a?.row)
      add(
        ['one_at_a_time'],
        'VALUE_INVALID',
        'without an answer from the system it is never known when a file was taken, so the next one would never be sent.',
        'Add acknowledgment.taken: true, or file.',
      );
  }

  /** Fields may have spaces in their names, which other placeholders have not: they are looked up first. */
  function names(value: unknown, path: Path, allowed: readonly string[]): void {
    const unknown: string[] = [];
    const looked = JSON.stringify(value).replace(/\{\{\s*(record\.[^}\s]+(?:\s+[^}\s]+)*)\s*\}\}/g, (_, name: string) =>
      allowed.includes(name) ? '' : `{{ unknown.${unknown.push(name) - 1} }}`,
    );
    for (const { name, path: at } of placeholdersIn(JSON.parse(looked), path)) {
      const given = name?.startsWith('unknown.') ? unknown[Number(name.slice('unknown.'.length))]! : name;
      if (given === undefined) add(at, 'VALUE_INVALID', '{{ is not followed by a name and }} here.', 'Write {{ record.NAME }}.');
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
