import type { ControlConfig } from '../../config/schema/connector.ts';
import type { Problem } from '../../core/errors.ts';
import type { SourceRecord } from '../../core/record.ts';
import { scaled, textAt, unscaled } from './figures.ts';

/** Control figures that a file declares in a trailer, against what was read. One for each entry of a stream's `control`. */
export interface Control {
  /** Every record of the file, in order; `own`: it is one of the stream's. */
  see(record: SourceRecord, own: boolean): void;
  /** At the end: every figure that does not agree, and every trailer that is missing. */
  problems(): Problem[];
}

/** What was read since the group began: the file, or a batch. */
interface Group {
  line?: number | undefined;
  count: number;
  sum: bigint;
  hash: bigint;
  /** Records that cannot be read, and what is wrong with the first. */
  unread: number;
  first?: Problem;
}

/** More than this many problems of one file help nobody. */
export const MAX_PROBLEMS = 20;

export function controlOf(config: ControlConfig, file: string): Control {
  const { per, records, where, count, total, hash } = config;
  const types = [config.type].flat();
  const type = types.join(' or ');
  const problems: Problem[] = [];
  let group: Group | undefined = per === undefined ? emptyGroup() : undefined;
  let trailers = 0;

  return {
    see(record, own) {
      if (types.includes(record.type ?? '')) return close(record);
      if (per !== undefined && record.type === per) {
        if (group) report(notClosed(group));
        group = emptyGroup(record.line);
      }
      if (records ? !records.includes(record.type ?? '') : !own) return;
      if (where && !where.every(({ field, in: wanted }) => wanted.includes(textAt(record.values, field)))) return;
      if (!group)
        return report(
          problem(
            'GROUP_MISSING',
            record,
            undefined,
            `The record belongs to no group: no record of type ${per} comes before it.`,
            'The file is damaged: ask the sender for it again.',
          ),
        );
      if (per === undefined && trailers > 0)
        return report(
          problem(
            'RECORD_AFTER_TRAILER',
            record,
            undefined,
            `The record comes after the trailer (type ${type}), whose figures do not include it.`,
            'The file is damaged, or two were put together: ask the sender for it again.',
          ),
        );
      group.count++;
      if (record.problem) {
        group.unread++;
        group.first ??= record.problem;
      }
      if (total) group.sum += scaled(textAt(record.values, total.of), total.decimals) ?? 0n;
      if (hash) group.hash += scaled(textAt(record.values, hash.of), 0) ?? 0n;
    },
    problems() {
      const open = per === undefined ? trailers === 0 : group !== undefined;
      return open ? [...problems, notClosed(group!)] : problems;
    },
  };

  function close(trailer: SourceRecord): void {
    trailers++;
    if (!group)
      return report(
        problem(
          'TRAILER_STRAY',
          trailer,
          undefined,
          `This trailer (type ${type}) closes nothing: no record of type ${per} comes before it.`,
          'The file is damaged: ask the sender for it again.',
        ),
      );
    if (per === undefined && trailers > 1)
      return report(
        problem(
          'TRAILER_REPEATED',
          trailer,
          undefined,
          `The file has a second trailer (closing record) of type ${type}; there must be only one for the whole file.`,
          'The file is damaged, or two files were joined: ask the sender for it again. If this format has a trailer for each group, set control.per in the connector to the record type that opens a group.',
        ),
      );
    for (const found of differences(group, trailer)) report(found);
    if (per !== undefined) group = undefined;
  }

  function differences(read: Group, trailer: SourceRecord): Problem[] {
    // Its figures are there and cannot be read: that is what to say.
    if (trailer.problem) return [trailer.problem];
    const named = [count, total?.field, hash?.field].filter((name) => name !== undefined);
    if (named.length > 0 && named.every((name) => textAt(trailer.values, name).trim() === ''))
      return [
        problem(
          'TRAILER_EMPTY',
          trailer,
          undefined,
          `The trailer (type ${type}) is empty: it has none of the figures needed to check the file.`,
          'The file was cut off or is damaged: ask the sender for it again.',
        ),
      ];
    const found: Problem[] = [];
    if (count !== undefined) {
      const declared = textAt(trailer.values, count).trim();
      if (!/^\d+$/.test(declared) || Number(declared) !== read.count)
        found.push(
          problem(
            'CONTROL_COUNT',
            trailer,
            count,
            `The trailer (closing record) says ${declared || 'nothing'} records; there are ${read.count}${countedOff(declared, read.count)}.`,
            'Ask the sender to check the file and send it again. If they say it is right, look at control in the connector: it may count other records.',
          ),
        );
    }
    if (total) {
      const text = textAt(trailer.values, total.field);
      const declared = scaled(text, total.decimals);
      if (declared !== read.sum)
        found.push(
          problem(
            'CONTROL_TOTAL',
            trailer,
            total.field,
            `The trailer says a total of ${text.trim() || 'nothing'}; the records add up to ${unscaled(read.sum, total.decimals)}${declared === undefined ? '' : `, a difference of ${unscaled(read.sum - declared, total.decimals)}`}.${unreadOf(read)}`,
            hintFor(read, 'The file is not what the sender wrote: ask for it again.'),
          ),
        );
    }
    if (hash) {
      const text = textAt(trailer.values, hash.field).trim();
      const sum = read.hash % 10n ** BigInt(hash.digits);
      if (!/^\d+$/.test(text) || BigInt(text) !== sum)
        found.push(
          problem(
            'CONTROL_HASH',
            trailer,
            hash.field,
            `The trailer says a hash of ${text || 'nothing'}; the records give ${String(sum).padStart(hash.digits, '0')}.${unreadOf(read)}`,
            hintFor(read, 'A record is missing or was changed: ask the sender for the file again.'),
          ),
        );
    }
    return found;
  }

  function notClosed(read: Group): Problem {
    const hint = 'Ask the sender to send the whole file again.';
    if (per === undefined)
      return {
        code: 'TRAILER_MISSING',
        place: { file },
        message: `The last record of the file, its trailer (type ${type}), is missing, so the file may have been cut off. Nothing of it was loaded.`,
        hint,
      };
    const place = read.line === undefined ? { file } : { file, line: read.line };
    return {
      code: 'TRAILER_MISSING',
      place,
      message: `The group that begins here (type ${per}) has no trailer record (type ${type}), so records of it may be missing. Nothing of the file was loaded.`,
      hint,
    };
  }

  function report(found: Problem): void {
    if (problems.length < MAX_PROBLEMS) problems.push(found);
  }

  function problem(code: string, at: SourceRecord, path: string | undefined, message: string, hint: string): Problem {
    return {
      code,
      place: { file, ...(at.line === undefined ? {} : { line: at.line }), record: at.number, ...(path === undefined ? {} : { path }) },
      message,
      hint,
    };
  }
}

function emptyGroup(line?: number): Group {
  return { line, count: 0, sum: 0n, hash: 0n, unread: 0 };
}

/** Records that cannot be read add nothing: where they are the reason, the reason is told. */
function unreadOf({ unread, first }: Group): string {
  if (!first) return '';
  const { line, record } = first.place;
  const where = line === undefined ? `record ${record}` : `line ${line}`;
  return ` ${unread === 1 ? '1 of them cannot be read,' : `${unread} of them cannot be read, the first`} in ${where}: ${first.message}`;
}

function hintFor({ first }: Group, usual: string): string {
  return first ? "If the connector's layout is wrong, fix it there; otherwise ask the sender for the file again." : usual;
}

/** How far the records that were read are off the count of their trailer, where that is a number. */
function countedOff(declared: string, count: number): string {
  if (!/^\d+$/.test(declared)) return '';
  const more = count - Number(declared);
  return more > 0 ? `, ${more} more` : `, ${-more} fewer`;
}
