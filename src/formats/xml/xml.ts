import type { XmlOptions } from '../../config/schema/connector.ts';
import type { SourceRecord } from '../../core/record.ts';
import { fieldCheck } from '../field-check.ts';
import { type DecodeContext, type Format, RECORDS_AT_ONCE } from '../format.ts';
import { decodeText } from '../text/decoding.ts';
import { encodeXml } from './encode.ts';
import { xmlEncoding } from './encoding.ts';
import { xmlRows } from './rows.ts';

/** XML documents with an element per record, read as a stream. Problems: docs/errors.md under FILE_ and XML_. */
export const xml: Format<XmlOptions> = { name: 'xml', decode: decodeXml, encode: encodeXml };

async function* decodeXml(
  source: AsyncIterable<Uint8Array>,
  options: XmlOptions,
  context: DecodeContext,
): AsyncGenerator<SourceRecord[], void, void> {
  const { encoding, bytes } = await xmlEncoding(source, options.encoding, context.file);
  const saidBy = options.encoding === 'declared' ? 'its XML declaration' : context.saidBy;
  const rows = xmlRows(options, context.file);
  const check = fieldCheck(context);
  let records: SourceRecord[] = [];
  for await (const text of decodeText(bytes, encoding, { ...context, saidBy })) {
    rows.push(text);
    records = records.length ? records.concat(rows.take()) : rows.take();
    if (records.length < RECORDS_AT_ONCE) continue;
    check.see(records);
    yield records;
    records = [];
  }
  rows.end();
  records = records.concat(rows.take());
  check.see(records);
  check.finish();
  if (records.length) yield records;
}
