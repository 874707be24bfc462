import type { RecordAnswer, SinkConfig } from '../../config/schema/connector.ts';
import { redact } from '../../config/secrets/secrets.ts';
import type { Problem } from '../../core/errors.ts';
import { valueAt, type Values } from '../../core/record.ts';
import { sinkKey } from './sink.ts';
import type { Session } from '../source/session.ts';
import type { Variables } from '../template.ts';

/** One record on its way to a sink. */
export interface Outgoing {
  /** As the mapping made it: dates YYYY-MM-DD, amounts 1234.50. */
  values: Values;
  /** Of this record in this version alone, whatever store sends it: what the remote system may recognize it by. */
  idempotencyKey: string;
  operation: 'write' | 'delete';
  /** Fields of a correction that are emptied in the system; the others without a value are not in it. */
  emptied?: readonly string[];
  /** The system does not have it yet: it is made there, as creates of the sink says. */
  create?: boolean;
}

/**
 * What is known of a record after it was sent. sent: it is there, and nobody said more. acknowledged: the system has taken it. accepted,
 * rejected: in its own words, or its own data. unknown: it is not known whether it got there.
 */
export interface Answer {
  state: 'sent' | 'acknowledged' | 'accepted' | 'rejected' | 'unknown';
  problem?: Problem;
  /** What the remote system said, shortened. */
  said?: string;
  /** The number that a record that was made there has now. */
  created?: string;
  /** The number that the system gave the record, such as that of a journal. */
  number?: string;
}

/** What pushing needs of the connection. */
export interface PushContext {
  /** For messages: connection and sink. */
  name: string;
  /** `options.NAME` of the connection. */
  variables: Variables;
  /** Of a service that wants a login first. */
  session?: Session;
}

const MAX_SAID = 2000;

/** What the remote system said, short enough to be kept and shown, and without the secrets that it may have repeated. */
export function shortened(text: string, session?: Session): string {
  const plain = redact(session?.clean(text) ?? text).trim();
  return plain.length > MAX_SAID ? `${plain.slice(0, MAX_SAID)} …` : plain;
}

/** What a system said of one record in a list; `answer` is undefined where the connector does not know what it said. */
export interface SaidOfRecord {
  /** As `answerKey` makes it. */
  key: string;
  said: string;
  answer: Answer | undefined;
}

export function saidOfRecord(values: Values, spec: RecordAnswer, name: string): SaidOfRecord {
  const text = (field: string): string => {
    const value = valueAt(values, field);
    return typeof value === 'string' ? value.trim() : '';
  };
  const said = text(spec.result);
  const number = spec.number === undefined ? '' : text(spec.number);
  const answer: Answer | undefined = spec.accepted.includes(said)
    ? { state: 'accepted', said, ...(number === '' ? {} : { number }) }
    : spec.rejected.includes(said)
      ? rejection(name, (spec.reason === undefined ? '' : text(spec.reason)) || said, said)
      : undefined;
  return { key: JSON.stringify(spec.key.map(text)), said, answer };
}

/** The key of a record as an answer has it: the texts of its idempotency key. */
export function answerKey(sink: SinkConfig, { values }: Pick<Outgoing, 'values'>): string {
  return JSON.stringify((JSON.parse(sinkKey(sink, values)) as unknown[]).map((part) => (typeof part === 'string' ? part.trim() : '')));
}

/** What a person does about a record of which it is not known whether it arrived. */
export const LOOK_THERE =
  'Look in that system. If it has the record: interlocal deliver settle DELIVERY --accepted (interlocal deliver sent shows the number). If not: interlocal deliver retry NUMBER (interlocal deliver list shows the number).';

/** The remote system does not want a record. */
export function rejection(name: string, why: string, said?: string, session?: Session): Answer {
  const reason = shortened(why, session);
  const problem: Problem = {
    code: 'DELIVERY_REJECTED',
    place: { system: name },
    message: `The other system rejected this record${reason ? `: ${reason}${/[.!?…]$/.test(reason) ? '' : '.'}` : ' and gave no reason.'}`,
    hint: 'Correct the record in the system that it comes from, and the next run sends it again. If you corrected something in the other system instead, run interlocal deliver retry NUMBER (interlocal deliver list shows it).',
  };
  return { state: 'rejected', problem, ...(said === undefined ? {} : { said: shortened(said, session) }) };
}
