import type { SinkConfig } from '../../config/schema/connector.ts';
import { type Value, type Values, valueAt } from '../../core/record.ts';
import { JsonDefect, readJson } from '../../formats/json/scan.ts';
import { webPageError } from '../../transports/web/web-page.ts';
import type { RequestAnswer } from '../../transports/transport.ts';
import { textAt } from '../source/answer/answer.ts';
import { emptyAnswer } from '../source/answer/status.ts';
import { answerText } from '../source/answer/text.ts';
import { type Answer, answerKey, LOOK_THERE, type Outgoing, type PushContext, rejection, saidOfRecord, shortened } from './push.ts';
import type { Session } from '../source/session.ts';
import { valuesOfXml } from '../source/answer/xml-answer.ts';

/** An answer to a write or a look-up: JSON, XML, the values of SOAP; empty where it is none of these. */
export interface Envelope {
  values: Values;
  /** Where the answer is a list. */
  list?: Value[];
  text: string;
  /** Why nothing can be read from it, in words: an empty body, text of another kind. */
  unread?: string;
}

const MAX_BYTES = 1_048_576;

/**
 * Reads an answer to a write or a look-up. Throws FatalError where it is none: an empty SOAP body where the WSDL promises something, a
 * web page, a charset that contradicts itself. What was written may be at the system anyway.
 */
export async function envelopeOf(answer: RequestAnswer, session: Session | undefined, name: string): Promise<Envelope> {
  const clean = (text: string): string => session?.clean(text) ?? text;
  if (answer.nothing !== undefined) throw emptyAnswer(answer.status, answer.nothing, name);
  if (answer.value) return { values: answer.value, text: clean(JSON.stringify(answer.value)) };
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of answer.bytes ?? []) if ((size += piece.length) <= MAX_BYTES) pieces.push(Uint8Array.from(piece));
  const text = clean(answerText(Buffer.concat(pieces), answer.headers['content-type'], name));
  const page = webPageError(text.slice(0, 4096), name);
  if (page) throw page;
  const nothing = answer.status === 204 || answer.status === 205;
  if (text.trim() === '') return { values: {}, text, ...(nothing ? {} : { unread: 'an empty body' }) };
  const unread = 'text that is neither valid JSON nor valid XML';
  if (/^\ufeff?\s*</.test(text)) {
    const values = valuesOfXml(text);
    return values ? { values, text } : { values: {}, text, unread };
  }
  try {
    const value = readJson(text);
    if (Array.isArray(value)) return { values: {}, list: value, text };
    return { values: typeof value === 'object' && value !== null ? value : {}, text };
  } catch (error) {
    if (error instanceof JsonDefect) return { values: {}, text, unread };
    throw error;
  }
}

/** What a service answered of each record: one by one where it says so, of all of them otherwise. */
export function judgedEach(sink: SinkConfig, answer: Envelope, records: readonly Outgoing[], context: PushContext): Answer[] {
  const { response, person } = sink.acknowledgment ?? {};
  const each = response?.records;
  const whole = each && response.path === undefined ? undefined : judged(sink, answer, context);
  if (!each || (whole && whole.state !== 'accepted' && whole.state !== 'acknowledged')) return records.map(() => whole!);
  const found = each.path === '' ? answer.list : valueAt(answer.values, each.path);
  const list = (Array.isArray(found) ? found : [found ?? []].flat()).filter(
    (one): one is Values => typeof one === 'object' && one !== null,
  );
  const said = new Map(list.map((values) => saidOfRecord(values, each, context.name)).map((one) => [one.key, one]));
  return records.map((record) => {
    const one = said.get(answerKey(sink, record));
    if (one?.answer) return person && one.answer.state === 'accepted' ? { ...one.answer, state: 'acknowledged' } : one.answer;
    return {
      state: 'unknown',
      said: shortened(answer.text),
      problem: {
        code: 'ANSWER_REFUSED',
        place: { system: context.name, path: each.path ? `${each.path}.${each.result}` : each.result },
        message: one
          ? `The system answered ${each.result} = ${JSON.stringify(one.said)} for this record, but the connector knows only ${[...each.accepted, ...each.rejected].join(', ')}.`
          : `The system's answer does not mention this record (by its ${each.key.join(', ')}), so it is not known whether the system took it.`,
        hint: `${LOOK_THERE} So that this does not happen again, correct acknowledgment.response.records in the connector.`,
      },
    };
  });
}

/** What a service answered to a write, by the sink's `acknowledgment.response`. */
function judged(sink: SinkConfig, { values, text }: Envelope, context: PushContext): Answer {
  const said = shortened(text);
  const { response, read_back, person } = sink.acknowledgment ?? {};
  const number = response?.number === undefined ? undefined : textAt(values, response.number)?.trim();
  const numbered = number === undefined || number === '' ? {} : { number };
  if (response?.path === undefined) return { state: read_back || person ? 'sent' : 'accepted', said, ...numbered };
  const value = textAt(values, response.path);
  if (value !== undefined && response.accepted!.includes(value)) return { state: person ? 'acknowledged' : 'accepted', said, ...numbered };
  if (value !== undefined && (response.rejected.length === 0 || response.rejected.includes(value)))
    return rejection(context.name, (response.reason && textAt(values, response.reason)) ?? `${response.path} is ${value}.`, text);
  return {
    state: 'unknown',
    said,
    problem: {
      code: 'ANSWER_REFUSED',
      place: { system: context.name, path: response.path },
      message: `The system answered ${value === undefined ? `without ${response.path}` : `${response.path} = "${value}"`}, which the connector does not know, so it is not known whether the system took the record.`,
      hint: `${LOOK_THERE} Look up in the vendor's manual what the answer means, and add it to acknowledgment.response in the connector.`,
    },
  };
}
