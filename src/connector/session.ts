import type { LoginConfig } from '../config/schema/connector.ts';
import { FatalError, InterlocalError, RetriableError } from '../core/errors.ts';
import { valueAt } from '../core/record.ts';
import type { RequestTransport } from '../transports/transport.ts';
import { fill, type Variables } from './template.ts';

/** A session of a SOAP service, for one run of one stream. */
export interface Session {
  /** `session`, for templates; logs in first where that was not done yet, or is to be done anew. */
  variables(): Promise<Variables>;
  /** The service does not know the session any more. */
  forget(): void;
  /** Takes the session out of what a service said, as a password would be. */
  cleaned(error: unknown): unknown;
  cleanText(text: string): string;
  /** Logs out where the connector says how. Never throws: what was read is read. */
  close(): Promise<void>;
}

export function openSession(login: LoginConfig | undefined, transport: RequestTransport, variables: Variables, name: string): Session {
  let token: string | undefined;
  const given: string[] = [];

  async function logIn(): Promise<string> {
    const { value } = await transport.request({
      operation: login!.operation,
      body: login!.body === undefined ? undefined : fill(login!.body, variables),
    });
    const found = value && valueAt(value, login!.token);
    if (typeof found !== 'string' || found === '')
      throw new FatalError({
        code: 'LOGIN_UNREADABLE',
        place: { system: name, path: login!.token },
        message: `The answer to ${login!.operation} has no session at ${login!.token}; it has ${Object.keys(value ?? {}).join(', ') || 'nothing'}.`,
        hint: 'Correct login.token in the connector, or the user name and password of the connection.',
      });
    given.push(found);
    return found;
  }

  const clean = (text: string): string => given.reduce((s, t) => s.replaceAll(t, '[session]'), text);

  return {
    cleanText: clean,
    async variables() {
      if (login) token ??= await logIn();
      return login ? { session: token } : {};
    },
    forget() {
      token = undefined;
    },
    cleaned(error) {
      if (!(error instanceof InterlocalError) || !given.some((t) => error.message.includes(t))) return error;
      const problems = error.problems.map((p) => ({
        ...p,
        message: clean(p.message),
        ...(p.hint === undefined ? {} : { hint: clean(p.hint) }),
      }));
      return error instanceof RetriableError
        ? new RetriableError(problems, { cause: error.cause, waitMs: error.waitMs })
        : new FatalError(problems, { cause: error.cause });
    },
    async close() {
      if (!login?.logout || token === undefined) return;
      const { operation, body } = login.logout;
      await transport
        .request({ operation, body: body === undefined ? undefined : fill(body, { ...variables, session: token }) })
        .catch(() => {});
    },
  };
}
