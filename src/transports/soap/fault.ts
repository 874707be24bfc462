import type { X509Certificate } from 'node:crypto';
import { FatalError, RetriableError } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import { certificateCheck } from '../certificate.ts';
import type { AnswerFacts } from '../answer-facts.ts';
import { retryAfter, retryAfterRemark } from '../web/status.ts';
import { ownWords } from '../redact.ts';
import type { XmlElement } from '../xml.ts';

interface FaultContext {
  system: string;
  operation: string;
  status: number;
  headers: Record<string, string>;
  redact: (text: string) => string;
  /** The one that the request was signed with. */
  certificate?: X509Certificate | undefined;
}

/** Fault codes of servers that are only busy: WCF (ServerTooBusy), and the dotted forms of SOAP 1.1 section 4.4.1. */
const BUSY = /ServerTooBusy|Server\.?(Busy|Unavailable)|ServiceUnavailable|TooManyRequests/i;
/** WS-Security 1.0 section 12. */
const SECURITY =
  /FailedAuthentication|InvalidSecurity(Token)?|SecurityTokenUnavailable|FailedCheck|UnsupportedSecurityToken|UnsupportedAlgorithm|MessageExpired/;

/** What a fault means for a run, in the service's own words. SOAP 1.1 section 4.4, SOAP 1.2 part 1 section 5.4. */
export function faultError(
  fault: XmlElement,
  { system, operation, status, headers, redact, certificate }: FaultContext,
): FatalError | RetriableError {
  const codes = codesOf(fault);
  const text = ownWords(textIn(fault, 'faultstring') ?? textIn(fault, 'Reason') ?? '', redact);
  const detail = ownWords(allText(child(fault, 'detail') ?? child(fault, 'Detail')), redact);
  const said = [text || 'no reason given', detail && detail !== text ? `(${detail})` : ''].filter(Boolean).join(' ');
  const code = ownWords(codes.join(' / '), redact);
  const waitMs = retryAfter(headers['retry-after']);
  const cause: AnswerFacts = { status, faultCode: code, faultText: [text, detail].filter(Boolean).join(' '), waitMs };
  const problem: Problem = {
    code: 'SOAP_FAULT',
    place: { system, path: operation },
    message: `The service answered ${operation} with the fault ${code || '(no code)'}: ${said}${retryAfterRemark(headers['retry-after'])}`,
    hint: 'Compare the parameters in the connector with the documentation of the service; its owner can find more in the log.',
  };
  if (status === 503 || status === 429 || BUSY.test(code))
    return new RetriableError({ ...problem, hint: 'The service is busy.' }, { cause, passes: true, waitMs });
  if (status === 401 || SECURITY.test(code))
    return new FatalError(
      {
        ...problem,
        code: 'AUTH_FAILED',
        hint: certificate ? hintOfCertificate(certificate) : PASSWORD_HINT,
      },
      { cause },
    );
  return new FatalError(problem, { cause });
}

const PASSWORD_HINT =
  'Check the user name of this connection and that its password is the current one; for a digest, that the clocks agree.';

function hintOfCertificate(certificate: X509Certificate): string {
  const check = certificateCheck(certificate, 'The certificate that requests are signed with', new Date());
  if (!check.ok) return `${check.detail} ${check.hint}`;
  return `Check that the service knows this certificate (serial number ${certificate.serialNumber}), that it expects exactly these parts to be signed, and that the clocks agree.`;
}

function codesOf(fault: XmlElement): string[] {
  const code = child(fault, 'faultcode')?.text;
  if (code !== undefined) return [code.trim()];
  const codes: string[] = [];
  for (let at = child(fault, 'Code'); at; at = child(at, 'Subcode')) codes.push(child(at, 'Value')?.text.trim() ?? '');
  return codes.filter(Boolean);
}

function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((candidate) => candidate.name === name);
}

function textIn(fault: XmlElement, name: string): string | undefined {
  const found = child(fault, name);
  return found && allText(found);
}

function allText(element: XmlElement | undefined): string {
  if (!element) return '';
  return [element.text, ...element.children.map(allText)].join(' ').trim();
}
