import { counted } from '../../../core/text/counted.ts';
import { fails, holds, type Verdict } from '../finding.ts';
import type { ErrorHandler } from '../../../config/schema/connector.ts';
import { escapeXml } from '../../../transports/xml.ts';
import type { Reading } from '../reading.ts';
import { saidOf } from '../reading.ts';
import type { Reply } from './replay-server.ts';
import type { RequestContext } from './context.ts';

type Rule = ErrorHandler['rules'][number];

/** Answers the first request with the error that each rule is about, and the next as recorded: the rule must do what it says. */
export async function errorRules(context: RequestContext, sameAsRecorded: (read: Reading) => boolean): Promise<Verdict> {
  const rules = context.stream.error_handler?.rules ?? [];
  if (rules.length === 0) return undefined;
  for (const [i, rule] of rules.entries()) {
    let asked = 0;
    const error = errorOf(rule, context);
    // A session is opened before anything else; errors of that are not what rules are about.
    const login = context.stream.retriever.request?.login?.operation;
    const read = await context.read(({ operation }) => ((login === undefined || operation !== login) && asked++ === 0 ? error : undefined));
    const wrong = wrongWith(rule, read, sameAsRecorded);
    if (wrong !== undefined)
      return fails(
        `Rule ${i + 1} (${named(rule)}, ${rule.action}), answered with ${error.status}: ${wrong}`,
        i > 0
          ? 'The first rule that matches is used: check whether a rule before this one in error_handler.rules covers the same error.'
          : 'Check error_handler.rules.',
      );
  }
  return holds(`${counted(rules.length, 'rule')} tested with the error that it covers.`);
}

function wrongWith(rule: Rule, read: Reading, sameAsRecorded: (read: Reading) => boolean): string | undefined {
  switch (rule.action) {
    case 'retry':
    case 'login':
      if (read.refused) return saidOf(read.refused);
      return sameAsRecorded(read) ? undefined : 'records are missing or duplicated.';
    case 'ignore':
      return read.refused && saidOf(read.refused);
    case 'fail':
      if (!read.refused) return 'it was read as if nothing was wrong.';
      return rule.hint === undefined || read.refused.some((p) => p.hint === rule.hint) ? undefined : saidOf(read.refused);
  }
}

function errorOf({ status, fault }: Rule, { connector, soap }: RequestContext): Reply {
  const headers = { 'retry-after': '0', 'content-type': 'text/plain' };
  if (!soap) return { status: status?.[0] ?? 400, headers, body: fault ?? 'certify' };
  const version =
    connector.transport_options['version'] === '1.2'
      ? 'http://www.w3.org/2003/05/soap-envelope'
      : 'http://schemas.xmlsoap.org/soap/envelope/';
  return {
    status: status?.[0] ?? 500,
    headers: { ...headers, 'content-type': 'text/xml' },
    body: `<s:Envelope xmlns:s="${version}"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>${escapeXml(fault ?? 'certify')}</faultstring></s:Fault></s:Body></s:Envelope>`,
  };
}

function named({ status, fault }: Rule): string {
  return [status && `status ${status.join(', ')}`, fault !== undefined && `fault ${JSON.stringify(fault)}`].filter(Boolean).join(' and ');
}
