import type { ControlConfig, StreamConfig } from '../config/schema/connector.ts';
import { FileError, type Problem } from '../core/errors.ts';
import type { SourceRecord, Value, Values } from '../core/record.ts';
import { valueAt } from '../core/record.ts';
import { type Contract, contractOf } from './contract.ts';

/** Decoded records to records of one stream, in order; one for each file, page sequence or query result. */
export interface Selector {
  /** The records of this list that are the stream's own: right type, parents attached, contract checked, deletions marked. */
  select(list: readonly SourceRecord[]): SourceRecord[];
  /** At the end: throws FileError with every control figure that does not agree. */
  finish(): void;
  newColumns(): readonly string[];
}

export function selectorOf(stream: StreamConfig, file: string): Selector {
  const { types, parents, where } = stream.record_selector ?? {};
  const contract: Contract = contractOf(stream, file);
  const controls = (stream.control ?? []).map((config) => controlOf(config, file));
  const latest: Values = {};
  const { deletes } = stream;
  const plain = !types && !parents && !where && controls.length === 0 && !deletes?.field;

  function belongs(record: SourceRecord): boolean {
    if (record.problem) return true;
    if (types && !types.includes(record.type ?? '')) return false;
    return !where || where.every(({ field, in: wanted }) => wanted.includes(textOf(valueAt(record.values, field))));
  }

  return {
    newColumns: () => contract.newColumns(),
    select(list) {
      if (plain) {
        for (const record of list) contract.check(record);
        return list as SourceRecord[];
      }
      const own: SourceRecord[] = [];
      for (const record of list) {
        if (parents && record.type !== undefined && parents.includes(record.type)) latest[record.type] = record.values;
        for (const control of controls) control.declare(record);
        if (!belongs(record)) continue;
        for (const control of controls) control.add(record);
        if (parents) record.values = { ...record.values, ...latest };
        if (deletes?.field && (deletes.values ?? []).includes(textOf(valueAt(record.values, deletes.field)))) record.deleted = true;
        contract.check(record);
        own.push(record);
      }
      return own;
    },
    finish() {
      const problems = controls.flatMap((control) => control.problems());
      if (problems.length) throw new FileError(problems);
    },
  };
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** One declared control figure against what was read. */
function controlOf(config: ControlConfig, file: string): { declare(record: SourceRecord): void; add(record: SourceRecord): void; problems(): Problem[] } {
  let trailer: SourceRecord | undefined;
  let count = 0;
  let sum = 0n;
  return {
    declare(record) {
      if (record.type === config.type) trailer = record;
    },
    add(record) {
      if (record.type === config.type) return;
      count++;
      if (config.total) sum += scaled(textOf(valueAt(record.values, config.total.of)), config.total.decimals) ?? 0n;
    },
    problems() {
      if (!trailer)
        return [{ code: 'TRAILER_MISSING', place: { file }, message: `The file has no trailer record of type ${config.type}, so it may have been cut off.`, hint: 'Ask the sender to send it again.' }];
      const problems: Problem[] = [];
      const place = { file, line: trailer.line, record: trailer.number };
      if (config.count) {
        const declared = textOf(valueAt(trailer.values, config.count)).trim();
        if (!/^\d+$/.test(declared) || Number(declared) !== count)
          problems.push({ code: 'CONTROL_COUNT', place: { ...place, path: config.count }, message: `The trailer says ${declared || 'nothing'} records; there are ${count}.`, hint: 'Records are missing or doubled: ask the sender to send the file again.' });
      }
      if (config.total) {
        const text = textOf(valueAt(trailer.values, config.total.field));
        const declared = scaled(text, config.total.decimals);
        if (declared !== sum)
          problems.push({
            code: 'CONTROL_TOTAL',
            place: { ...place, path: config.total.field },
            message: `The trailer says a total of ${text.trim() || 'nothing'}; the records add up to ${unscaled(sum, config.total.decimals)}${declared === undefined ? '' : `, which misses by ${unscaled(sum - declared, config.total.decimals)}`}.`,
            hint: 'The file is not what the sender wrote: ask for it again.',
          });
      }
      return problems;
    },
  };
}

/** `12.5` with 2 decimals → 1250n; text without a point is taken as it is written (12 → 1200n). */
function scaled(text: string, decimals: number): bigint | undefined {
  const m = /^\s*([-+]?)(\d*)(?:\.(\d*))?\s*$/.exec(text.replaceAll(',', ''));
  if (!m || (!m[2] && !m[3])) return undefined;
  const fraction = (m[3] ?? '').slice(0, decimals).padEnd(decimals, '0');
  const value = BigInt((m[2] || '0') + fraction);
  return m[1] === '-' ? -value : value;
}

function unscaled(value: bigint, decimals: number): string {
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, digits.length - decimals)}${decimals ? `.${digits.slice(-decimals)}` : ''}`;
}
