import { z } from 'zod';
import { duration, secret } from '../../config/schema/common.ts';
import { tokenAuthentication, webAddress, webShape } from '../web/options.ts';
import { plainSecret, requiredSecret, secretOption } from '../options.ts';
import type { SecretText } from '../options.ts';

function shape(secretText: SecretText) {
  return {
    endpoint: webAddress.describe('Address of the service. Addresses in the WSDL are ignored, so it cannot redirect us.'),
    wsdl: z
      .string()
      .min(1)
      .optional()
      .describe("The service's description: an address, or a file relative to the town's folder. Default: the endpoint with ?wsdl."),
    version: z.enum(['1.1', '1.2'], { error: "must be '1.1' or '1.2', in quotes" }).default('1.1').describe('SOAP version.'),
    username_token: z
      .strictObject({
        username: z.string().min(1),
        password: requiredSecret(secretText, 'Password.'),
        type: z.enum(['text', 'digest']).default('text').describe('text sends the password as it is: only over https.'),
      })
      .optional()
      .describe('WS-Security UsernameToken.'),
    x509: z
      .strictObject({
        certificate_file: z.string().min(1).describe("Certificate (PEM) that the service knows; relative to the town's folder."),
        key: requiredSecret(secretText, 'Its private key (RSA, PEM), as ${file:path}.'),
        passphrase: secretOption(secretText, 'Passphrase of that key.'),
        sign: z
          .array(z.enum(['body', 'timestamp', 'username_token', 'token']))
          .min(1)
          .default(['body', 'timestamp'])
          .describe('Parts of each request that are signed; token is the certificate as it is sent.'),
        ttl: duration.default('5m').describe('How long the Timestamp says that a request is valid.'),
      })
      .optional()
      .describe('WS-Security X.509 signature (RSA-SHA256) with BinarySecurityToken and Timestamp; can be combined with username_token.'),
    basic: z
      .strictObject({ username: z.string().min(1), password: requiredSecret(secretText, 'Password.') })
      .optional()
      .describe('HTTP Basic login.'),
    auth: tokenAuthentication(secretText)
      .optional()
      .describe('Login at a gateway in front of the service, by an HTTP token or key; used instead of basic.'),
    headers: z.record(z.string(), z.string()).default({}).describe('HTTP headers sent with every request. Not for secrets.'),
    encoding: z
      .enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1'])
      .optional()
      .describe('Encoding of answers whose Content-Type and XML declaration contradict each other.'),
    max_depth: z.int().positive().default(64).describe('Refuse answers whose elements are nested deeper.'),
    ...webShape(secretText),
  };
}

/** Options of a connection to a SOAP service, as configured. */
export const soapOptions = z.strictObject(shape(secret)).superRefine(({ x509, username_token }, context) => {
  const at = x509?.sign.indexOf('username_token') ?? -1;
  if (at >= 0 && !username_token)
    context.addIssue({ code: 'custom', message: 'signs the username_token, but the connection has none', path: ['x509', 'sign', at] });
});
/** The same after secrets were filled in. */
export const soapSettings = z.object(shape(plainSecret));
export type SoapSettings = z.output<typeof soapSettings>;
