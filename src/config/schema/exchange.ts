import { z } from 'zod';
import { soapHeader, template } from './template.ts';

/** What reading from a service and writing to it have in common. */

export const login = z.strictObject({
  operation: z.string().describe('SOAP: the operation that logs in, as the WSDL names it.'),
  body: template.optional().describe('Its parameters: the user name and password of the connection.'),
  header: soapHeader,
  token: z
    .string()
    .describe('Path in its answer of the session, which is then {{ session }}; header.NAME… where it is in the header of the answer.'),
  logout: z
    .strictObject({ operation: z.string(), body: template.optional().describe('{{ session }} is the session.'), header: soapHeader })
    .optional()
    .describe('The operation that ends the session.'),
});
export type LoginConfig = z.output<typeof login>;

export const errorHandler = z.strictObject({
  max_retries: z
    .int()
    .min(0)
    .default(5)
    .describe(
      'Attempts after the first, with increasing pauses (doubling, at most a minute) or the pause that the service requests (Retry-After).',
    ),
  rules: z
    .array(
      z.strictObject({
        status: z
          .array(z.int())
          .min(1)
          .optional()
          .describe('HTTP status, SQL Server error number, or SFTP status (3: permission denied, 4: failure).'),
        fault: z
          .string()
          .min(1)
          .optional()
          .describe(
            "Text in the fault code or message of SOAP, in the words of any other system's error, or the code of a folder's: EBUSY.",
          ),
        action: z
          .enum(['retry', 'fail', 'ignore', 'login'])
          .describe(
            'ignore: the answer counts as one without records; a file is left where it is. login: log in again (retriever.request.login) and retry once.',
          ),
        hint: z.string().optional().describe('What a person should do about it.'),
      }),
    )
    .default([]),
});
export type ErrorHandler = z.output<typeof errorHandler>;
