import { z } from 'zod';

/** Parameter values of a request: text with {{ }} in it, nested as the request body is. */
export const template: z.ZodType<Template> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(template), z.record(z.string(), template)]),
);
/** The header of a SOAP request: element → what is in it. */
export const soapHeader = z
  .record(z.string(), template)
  .optional()
  .describe(
    'SOAP: elements of the header, written as the WSDL declares them (soap:header). One that it does not declare is written as it is named here, in the namespace that its key xmlns gives: { Session: { xmlns: "urn:acme", Id: "{{ session }}" } }.',
  );

export type Template = string | number | boolean | null | Template[] | { [name: string]: Template };
