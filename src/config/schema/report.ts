import { z } from 'zod';
import { duration, exactlyOne } from './common.ts';
import { soapHeader, template } from './template.ts';

/** One request, over HTTP or SOAP. */
export const requestShape = {
  operation: z.string().optional().describe('SOAP: the operation, as the WSDL names it.'),
  body: template
    .optional()
    .describe(
      'SOAP: the parameters of the operation. HTTP: the JSON or form body; or a text, for which headers must say the Content-Type, and into which values are written as XML, a form or JSON wants them.',
    ),
  header: soapHeader,
  method: z.enum(['GET', 'POST']).optional().describe('HTTP: default GET.'),
  path: z.string().optional().describe('HTTP: the path below base_url.'),
  query: z
    .record(z.string(), z.union([z.string(), z.array(z.string())]))
    .optional()
    .describe('HTTP: a list, or an option of type list, is sent as the same parameter several times.'),
  headers: z.record(z.string(), z.string()).optional(),
};

const request = z.strictObject(requestShape);
export type RequestConfig = z.output<typeof request>;

/** A report that the service prepares while we wait: ordered, asked after, fetched. */
export const report = exactlyOne(
  z.strictObject({
    submit: request.describe('The request that orders the report.'),
    id: z.string().optional().describe('Path in its answer of the report, which is then {{ report }}.'),
    header: z.string().optional().describe('HTTP: header of its answer that is {{ report }}, such as Location, in place of id.'),
    poll: request.describe('The request that asks for its state, with {{ report }} in it.'),
    status: z.string().optional().describe('Path in the answer to poll with its state. Without it the HTTP status is used: done: ["200"].'),
    done: z.array(z.string()).min(1).describe('Values of status at which it can be fetched. Any other that is not in failed: not yet.'),
    failed: z.array(z.string()).default([]).describe('Values of status that mean that it failed.'),
    message: z.string().optional().describe("Path in the answer to poll of the service's own words, for when it failed."),
    link: z
      .string()
      .optional()
      .describe(
        'HTTP: path in the answer to poll of the address of the result, below base_url or at one of hosts of the connection. In place of path.',
      ),
    answers: z.enum(['json', 'xml']).default('json').describe('HTTP: what the answers to submit and poll are written in.'),
    every: duration.default('10s').describe('Pause between two requests; the service may ask for a longer one with Retry-After.'),
    timeout: duration
      .default('30m')
      .describe('Total waiting time after which a run stops waiting. The next run checks for the same report.'),
  }),
  ['id', 'header'],
);
export type ReportConfig = z.output<typeof report>;
