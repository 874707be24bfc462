import type { SinkConfig, StreamConfig } from '../../config/schema/connector.ts';
import type { AddProblem, RequestRules } from '../../config/transport-rules.ts';

type Path = (string | number)[];

/** What a manifest may say of requests to a SOAP service. */
export const soapRequests: RequestRules = { bodies: 'message', pagesIn: 'body', checkStream, checkSink };

function checkStream({ retriever: { request } }: StreamConfig, add: AddProblem): void {
  if (!request) return;
  const at = (...path: Path): Path => ['retriever', 'request', ...path];
  checkOperation(request, at(), add);
  const { report } = request;
  if (!report) return;
  for (const step of ['submit', 'poll'] as const) checkOperation(report[step], at('report', step), add);
  for (const key of ['link', 'header'] as const)
    if (report[key] !== undefined)
      add(at('report', key), 'VALUE_INVALID', 'is for HTTP.', key === 'header' ? 'Use id.' : 'Name the operation that fetches the report.');
  if (report.status === undefined)
    add(at('report', 'status'), 'KEY_MISSING', 'the key "status" is missing: it says where the answer shows the state of the report.');
}

function checkSink({ target: { request }, encoder }: SinkConfig, add: AddProblem): void {
  if (!request) return;
  checkOperation(request, ['target', 'request'], add);
  if (encoder) add(['encoder'], 'VALUE_INVALID', 'is not for SOAP: the WSDL says how a request is written.', 'Use target.request.body.');
}

function checkOperation({ operation }: { operation?: string | undefined }, at: Path, add: AddProblem): void {
  if (!operation) add([...at, 'operation'], 'KEY_MISSING', 'the key "operation" is missing.', 'The operation, as the WSDL names it.');
}
