import type { ShapeOf } from '../../reports/shapes/shapes.ts';
import type { RejectFacts, RejectGroup } from '../../reports/reject-facts.ts';

/** One rejected record, as `rejects list --json` gives it. */
export function rejectJson({ reject: r, date, amount, currency }: RejectFacts): ShapeOf<'rejects list'>['rejects'][number] {
  return {
    id: r.id,
    pipeline: r.pipeline,
    state: r.state,
    key: r.key,
    date,
    amount,
    currency,
    file: r.file,
    line: r.line,
    record: r.record,
    readable: r.readable,
    problems: r.problems,
  };
}

/** Records with the same problems; the records themselves are in `rejects`. */
export function groupJson({ pipeline, problems, rejects, totals, withoutAmount }: RejectGroup): ShapeOf<'rejects list'>['groups'][number] {
  return {
    pipeline,
    problems: problems.map(({ code, place, message, hint }) => ({ code, path: place.path ?? null, message, hint: hint ?? null })),
    count: rejects.length,
    ids: rejects.map(({ reject }) => reject.id),
    totals,
    without_amount: withoutAmount,
  };
}
