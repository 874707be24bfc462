import { z } from 'zod';
import { secret } from '../../config/schema/common.ts';
import { plainSecret } from '../options.ts';
import type { SecretText } from '../options.ts';
import { authentication, webAddress, webShape } from '../web/options.ts';

function shape(secretText: SecretText) {
  return {
    base_url: webAddress.describe('Address that all paths start with: https://api.example.gov/v1'),
    headers: z.record(z.string(), z.string()).default({}).describe('Sent with every request. Not for secrets.'),
    hosts: z
      .array(webAddress)
      .default([])
      .describe(
        'Further hosts that links in answers may lead to, such as where reports are fetched from: https://files.example.gov. Asked without credentials.',
      ),
    auth: authentication(secretText).optional().describe('How to log in; leave out if no login is needed.'),
    ...webShape(secretText),
  };
}

/** Options of a connection to an HTTP interface, as configured. */
export const httpOptions = z.strictObject(shape(secret));
/** The same after secrets were filled in. */
export const httpSettings = z.object(shape(plainSecret));
