import { fails, type Verdict } from '../finding.ts';
import { didYouMean } from '../../../core/errors.ts';
import { parseXml } from '../../../transports/xml.ts';
import { compareWithRecording } from '../recording-check.ts';
import type { RequestContext } from './context.ts';

/** Everything that is asked for is recorded, everything recorded is asked for, and it reads as it did. */
export async function recording(context: RequestContext): Promise<Verdict> {
  const { fixture, reading, server, read } = context;
  await read();
  if (server.unanswered.length)
    return fails(
      `The connector asks for something that is not recorded: ${server.unanswered[0]}.`,
      'Record that exchange as well; "*" in a recorded parameter stands for any value.',
    );
  const verdict = compareWithRecording(fixture, [{ reading }]);
  const none = !reading.refused || reading.refused[0]?.code === 'ANSWER_EMPTY';
  if (verdict?.state === 'failed' && none && reading.records.length === 0) {
    const nothing = nothingAt(context);
    if (nothing) return nothing;
  }
  const never = server.neverAsked();
  if (verdict?.state !== 'failed' && never.length)
    return fails(
      `Exchange ${never.join(', ')} of exchanges.json is never requested.`,
      'Check the paginator: pages that are not requested are records that are not read.',
    );
  return verdict;
}

/** Where the records of a SOAP answer should be and are not: it may be the path that is misspelled. */
function nothingAt({ soap, stream, fixture }: RequestContext): Verdict {
  const path = stream.record_selector?.path;
  if (!soap || path === undefined) return undefined;
  for (const { request, answer } of fixture.exchanges!) {
    if (request.operation !== stream.retriever.request!.operation) continue;
    let at = parseXml(answer.body.toString('utf8')).children.find(({ name }) => name === 'Body')?.children[0];
    const behind: string[] = [];
    for (const name of path.split('.')) {
      const names = [...new Set(at?.children.map((child) => child.name))];
      const next = at?.children.find((child) => child.name === name);
      if (!next && at && names.length > 0) {
        const meant = didYouMean(name, names);
        return fails(
          `No record is read: record_selector.path is ${path}, and the recorded answer has no ${name} ${behind.length ? `at ${behind.join('.')}` : `in ${at.name}`}; it has ${names.slice(0, 20).join(', ')}.`,
          meant ? `Did you mean ${[...behind, meant].join('.')}?` : 'Correct record_selector.path.',
        );
      }
      behind.push(name);
      at = next;
    }
  }
  return undefined;
}
