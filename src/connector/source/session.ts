import type { LoginConfig } from '../../config/schema/connector.ts';
import { FatalError, InterlocalError, RetriableError } from '../../core/errors.ts';
import { nameList } from '../../core/text/name-list.ts';
import { type Values, valueAt } from '../../core/record.ts';
import { writtenForms } from '../../config/secrets/secret-forms.ts';
import type { RequestSpec, RequestTransport } from '../../transports/transport.ts';
import { fill, fillHeader, type Variables } from '../template.ts';

/** A session of a SOAP service, for one run of one stream. */
export interface Session {
  /** `session`, for templates; logs in first where that was not done yet, or is to be done again. */
  variables(): Promise<Variables>;
  /** The service does not know the session anymore. */
  forget(): void;
  /** Takes the session out of what a service said, as a password would be. */
  clean(text: string): string;
  /** The same for an error's messages. */
  cleaned(error: unknown): unknown;
  /** Logs out where the connector says how. Never throws: what was read is read. */
  close(): Promise<void>;
}

export function openSession(login: LoginConfig | undefined, transport: RequestTransport, variables: Variables, name: string): Session {
  let token: string | undefined;
  const given: string[] = [];

  async function logIn(): Promise<string> {
    const { value, header } = await transport.request(stepOf(login!, variables));
    const found = valueAt({ header: header ?? null, ...value }, login!.token);
    if (typeof found !== 'string' || found === '')
      throw new FatalError({
        code: 'LOGIN_UNREADABLE',
        place: { system: name, path: login!.token },
        message: `The answer to ${login!.operation} has no session at ${login!.token}; it has ${nameList(Object.keys(value ?? {})) || 'nothing'}${namesOf(header)}.`,
        hint: 'Correct login.token in the connector, or the user name and password of the connection.',
      });
    given.push(found);
    return found;
  }

  const clean = (text: string): string => given.flatMap(writtenForms).reduce((s, t) => s.replaceAll(t, '[session]'), text);
  return {
    clean,
    async variables() {
      if (login) token ??= await logIn();
      return login ? { session: token } : {};
    },
    forget() {
      token = undefined;
    },
    cleaned(error) {
      if (!(error instanceof InterlocalError) || clean(error.message) === error.message) return error;
      const problems = error.problems.map((p) => ({
        ...p,
        message: clean(p.message),
        ...(p.hint === undefined ? {} : { hint: clean(p.hint) }),
      }));
      return error instanceof RetriableError ? error.worded(problems) : new FatalError(problems, { cause: error.cause });
    },
    async close() {
      if (!login?.logout || token === undefined) return;
      await transport.request(stepOf(login.logout, { ...variables, session: token })).catch(() => {});
    },
  };
}

/** What a login or log-out asks. */
export function stepOf({ operation, body, header }: Pick<LoginConfig, 'operation' | 'body' | 'header'>, variables: Variables): RequestSpec {
  return { operation, body: body === undefined ? undefined : fill(body, variables), header: fillHeader(header, variables) };
}

function namesOf(header: Values | undefined): string {
  return Object.keys(header ?? {})
    .map((name) => `, header.${name}`)
    .join('');
}
