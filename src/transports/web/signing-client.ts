import { credentials } from './credentials.ts';
import type { LoginSettings } from './options.ts';
import type { WebClient, WebRequest } from './web-client.ts';

/** A client that logs in at one system: requests to its origin carry credentials, a token that ran out is fetched again, once. */
export function signingClient(
  client: WebClient,
  settings: LoginSettings,
  system: string,
  endpoint: URL,
): { client: WebClient; secrets: () => readonly string[] } {
  const login = credentials(settings, client, system, () => endpoint);

  async function send(request: WebRequest) {
    if (!settings.auth || request.url.origin !== endpoint.origin) return client.send(request);
    const answer = await client.send(await login.sign(request));
    if (answer.status !== 401 || !login.renew()) return answer;
    answer.discard();
    return client.send(await login.sign(request));
  }

  return { client: { send, close: client.close }, secrets: login.secrets };
}
