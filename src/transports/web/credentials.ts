import { FatalError } from '../../core/errors.ts';
import { valueAt } from '../../core/record.ts';
import type { Value, Values } from '../../core/record.ts';
import { JsonDefect, readJson } from '../../formats/json/scan.ts';
import { excerpt } from '../../formats/refuse.ts';
import { ownWords, redactor } from '../redact.ts';
import { textOf } from './body.ts';
import type { LoginSettings } from './options.ts';
import { statusError } from './status.ts';
import type { WebClient, WebRequest } from './web-client.ts';

/** What each request is sent with, so the remote system knows who asks. */
export interface Credentials {
  /** Puts them on; logs in first where that is needed. */
  sign(request: WebRequest): Promise<WebRequest>;
  /** Called after a 401: true when logging in again is worth another attempt. */
  renew(): boolean;
  /** All secret texts known by now, for redaction. */
  secrets(): readonly string[];
  /** Can a check prove them without a request of a stream? */
  logsIn: boolean;
}

interface Token {
  text: string;
  /** By performance.now(): a wall clock that is set back would keep a token long after its end. */
  expires: number;
}

/** A token is renewed this long before its end, for clocks that differ and requests that take their time. */
const EARLY_MS = 30_000;

export function credentials(settings: LoginSettings, client: WebClient, system: string, address: (path: string) => URL): Credentials {
  const { basic, bearer, api_key, oauth2_client_credentials: oauth, session } = settings.auth ?? {};
  let token: Promise<Token> | undefined;
  let last: string | undefined;

  async function currentToken(): Promise<string> {
    const logIn = oauth ? () => oauthToken(oauth) : () => sessionToken(session!);
    let mine = await (token ??= logIn());
    if (mine.expires - EARLY_MS < performance.now()) mine = await (token = logIn());
    return (last = mine.text);
  }

  async function sign(request: WebRequest): Promise<WebRequest> {
    const headers: Record<string, string> = { ...request.headers };
    const url = new URL(request.url);
    if (basic) headers['Authorization'] = basicHeader(basic.username, basic.password);
    else if (bearer) headers['Authorization'] = `Bearer ${bearer.token}`;
    else if (api_key?.in === 'header') headers[api_key.name] = api_key.value;
    else if (api_key) url.searchParams.set(api_key.name, api_key.value);
    else if (oauth || session)
      try {
        headers[session?.header ?? 'Authorization'] = `${session?.prefix ?? 'Bearer '}${await currentToken()}`;
      } catch (error) {
        token = undefined;
        throw error;
      }
    return { ...request, url, headers };
  }

  async function oauthToken(client: NonNullable<typeof oauth>): Promise<Token> {
    const { token_url, client_id, client_secret, scope, client_authentication } = client;
    const post = client_authentication === 'post';
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      ...(scope ? { scope } : {}),
      ...(post ? { client_id, client_secret } : {}),
    });
    const answer = await logIn({
      method: 'POST',
      url: new URL(token_url),
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        Accept: 'application/json',
        // RFC 6749 section 2.3.1: both are form-encoded before they become user and password.
        ...(post ? {} : { Authorization: basicHeader(encodeURIComponent(client_id), encodeURIComponent(client_secret)) }),
      },
      body: form.toString(),
    });
    const seconds = Number(answer['expires_in']);
    return { text: textAt(answer, 'access_token'), expires: performance.now() + (seconds > 0 ? seconds * 1000 : 300_000) };
  }

  async function sessionToken({ path, method, send, body, secrets, token: at }: NonNullable<typeof session>): Promise<Token> {
    const fields = { ...body, ...secrets };
    const url = address(path);
    if (method === 'GET') for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
    const answer = await logIn({
      method,
      url,
      headers: {
        Accept: 'application/json',
        ...settings.headers,
        ...(method === 'POST' ? { 'Content-Type': send === 'json' ? 'application/json' : 'application/x-www-form-urlencoded' } : {}),
      },
      ...(method === 'POST' ? { body: send === 'json' ? JSON.stringify(fields) : new URLSearchParams(fields).toString() } : {}),
    });
    return { text: textAt(answer, at), expires: Infinity };
  }

  async function logIn(request: WebRequest): Promise<Values> {
    const answer = await client.send(request);
    const text = await textOf(answer.bytes, 1_000_000);
    if (answer.status >= 300) {
      // A login that is answered with 400 (OAuth's invalid_client is) or 403 is a login that failed.
      const status = [400, 403].includes(answer.status) ? 401 : answer.status;
      throw statusError(status, answer.headers, ownWords(text, redactor(own)), {
        system,
        text: `The login at ${request.url.host}${request.url.pathname}`,
      });
    }
    const unreadable = () =>
      new FatalError({
        code: 'LOGIN_UNREADABLE',
        place: { system },
        message: `The login at ${request.url.host}${request.url.pathname} answered with ${kindOf(text)} (status ${answer.status}), where a JSON object is expected.`,
        hint: `Check the address of the login (auth.${oauth ? 'oauth2_client_credentials.token_url' : 'session.path'}). If it is right, ask who runs the service whether it is down or has changed.`,
      });
    let value: Value;
    try {
      value = readJson(text.replace(/^\ufeff/, ''));
    } catch (error) {
      if (error instanceof JsonDefect) throw unreadable();
      throw error;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable();
    return value;
  }

  function textAt(answer: Values, path: string): string {
    const value = valueAt(answer, path);
    if (typeof value === 'string' && value) return value;
    throw new FatalError({
      code: 'LOGIN_UNREADABLE',
      place: { system },
      message: `The answer to the login has no ${path}; it has ${excerpt(Object.keys(answer).join(', '), 200) || 'nothing'}.`,
      hint: 'First check the user name and password of the connection: some systems answer a wrong password like this. Then correct the place of the token in the connector.',
    });
  }

  function own(): string[] {
    const given = [basic?.password, bearer?.token, api_key?.value, oauth?.client_secret, ...Object.values(session?.secrets ?? {}), last];
    return [
      ...given,
      basic && basicHeader(basic.username, basic.password).slice(6),
      oauth && basicHeader(encodeURIComponent(oauth.client_id), encodeURIComponent(oauth.client_secret)).slice(6),
    ].filter((text) => text !== undefined);
  }

  return {
    sign,
    renew() {
      if (!token) return false;
      token = undefined;
      return true;
    },
    secrets: own,
    logsIn: Boolean(oauth ?? session),
  };
}

export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** What a text is, as far as a person can tell at first sight. */
function kindOf(text: string): string {
  const start = text.trimStart().slice(0, 1);
  if (start === '') return 'nothing';
  if (start === '<') return 'a web page or XML';
  return start === '{' || start === '[' ? 'JSON of another kind' : 'other text';
}
