import { z } from 'zod';
import { exactlyOne } from '../../config/schema/common.ts';
import { allowLegacyTls } from '../legacy-tls.ts';
import { rateLimit } from '../../config/schema/rate-limit.ts';
import { requiredSecret, secretOption, timeoutOption, totalTimeoutOption } from '../options.ts';
import type { SecretText } from '../options.ts';

export const webAddress = z.url({ protocol: /^https?$/, error: 'must be an address such as https://api.example.gov/v1' });

/** Options of everything that speaks HTTP. */
export function webShape(secretText: SecretText) {
  return {
    ca_file: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Certificate (PEM) of the authority that issued the server's certificate; relative to the town's folder. Trusted in addition to the usual ones.",
      ),
    cert_file: z.string().min(1).optional().describe("Client certificate (PEM); relative to the town's folder."),
    cert_key: secretOption(secretText, 'Private key of the client certificate (PEM), as ${file:path}.'),
    cert_passphrase: secretOption(secretText, 'Passphrase of that key.'),
    timeout: timeoutOption('30s'),
    total_timeout: totalTimeoutOption('15m', 'one request with its answer'),
    allow_legacy: allowLegacyTls,
    max_bytes: z.int().positive().default(67_108_864).describe('Refuse answers larger than this.'),
    rate_limit: rateLimit
      .optional()
      .describe(
        "How many requests the system allows, if different from the connector's rate_limit. Logins count; all pipelines of a process share it.",
      ),
  };
}

/** Ways to log in that every request carries by itself. */
function tokens(secretText: SecretText) {
  return {
    bearer: z.strictObject({ token: requiredSecret(secretText, 'Token sent as Authorization: Bearer.') }).optional(),
    api_key: z
      .strictObject({
        in: z.enum(['header', 'query']).default('header'),
        name: z.string().min(1),
        value: requiredSecret(secretText, 'The key.'),
      })
      .optional(),
    oauth2_client_credentials: z
      .strictObject({
        token_url: webAddress,
        client_id: z.string().min(1),
        client_secret: requiredSecret(secretText, 'Client secret.'),
        scope: z.string().optional(),
        client_authentication: z
          .enum(['basic', 'post'])
          .default('basic')
          .describe('How the client identifies itself: in the header (client_secret_basic), or in the form (client_secret_post).'),
      })
      .optional(),
  };
}

const AUTHENTICATIONS = ['basic', 'bearer', 'api_key', 'oauth2_client_credentials', 'session'];

/** Every way to log in over HTTP. */
export function authentication(secretText: SecretText) {
  return exactlyOne(
    z.strictObject({
      basic: z.strictObject({ username: z.string().min(1), password: requiredSecret(secretText, 'Password.') }).optional(),
      ...tokens(secretText),
      session: z
        .strictObject({
          path: z.string().min(1).describe('Path below base_url of the login request.'),
          method: z.enum(['POST', 'GET']).default('POST'),
          send: z.enum(['json', 'form']).default('json'),
          body: z.record(z.string(), z.string()).default({}).describe('Fields of the login request that are not secrets: the user name.'),
          secrets: z
            .record(z.string(), requiredSecret(secretText, 'A field of the login request.'))
            .default({})
            .describe('Fields of the login request that are secrets: the password.'),
          token: z.string().min(1).default('token').describe('Dotted path of the token in the JSON answer.'),
          header: z.string().min(1).default('Authorization').describe('Header that carries the token.'),
          prefix: z.string().default('Bearer ').describe('Text before the token.'),
        })
        .optional(),
    }),
    AUTHENTICATIONS,
  );
}

/** For services behind a gateway that wants to know who asks. */
export function tokenAuthentication(secretText: SecretText) {
  return exactlyOne(z.strictObject(tokens(secretText)), ['bearer', 'api_key', 'oauth2_client_credentials']);
}

export type WebSettings = z.output<z.ZodObject<ReturnType<typeof webShape>>>;

/** How a client logs in, and what it sends with every request. */
export interface LoginSettings {
  auth?: z.output<ReturnType<typeof authentication>> | undefined;
  headers: Record<string, string>;
}
