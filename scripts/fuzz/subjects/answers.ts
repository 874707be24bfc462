import fc from 'fast-check';
import type { Exchange } from '../../../src/authoring/certify/recordings/fixtures.ts';
import { openRequestContext, type RequestContext } from '../../../src/authoring/certify/request/context.ts';
import { optionsFor } from '../../../src/authoring/certify/secrets.ts';
import { checkProblem, refusal } from '../attempt.ts';
import { applyChanges, changesOf } from '../mutations.ts';
import { shippedPacks } from '../pack-files.ts';
import { Fault, subject, type Subject } from '../subject.ts';

interface Service {
  name: string;
  /** Started with the first case, and kept. */
  open(): Promise<RequestContext>;
  exchanges: readonly Exchange[];
}
interface Input {
  service: Service;
  nth: number;
  body: Buffer;
}

/** A service goes on for ever when its answers say so; after this many, one is the last. */
const MAX_ANSWERS = 5;

/** Answers of services over a real socket, one of them changed: what the transport, the decoder and the paging make of it. */
export async function answersSubject(
  name: string,
  weight: number,
  transport: 'http' | 'soap',
  tokens: readonly string[],
): Promise<Subject> {
  const services: Service[] = [];
  const open: Promise<RequestContext>[] = [];
  for (const { connector, fixtures, folder } of await shippedPacks())
    for (const [stream, fixture] of connector?.transport === transport ? fixtures.streams : []) {
      if (!fixture.exchanges) continue;
      const given = optionsFor(connector!, fixtures);
      let context: Promise<RequestContext> | undefined;
      services.push({
        name: `${connector!.connector} ${stream}`,
        exchanges: fixture.exchanges,
        open() {
          if (!context) open.push((context = openRequestContext(connector!, stream, fixture, folder, fixtures.wsdls[0], given)));
          return context;
        },
      });
    }
  const inputs = fc
    .record({
      service: fc.constantFrom(...services),
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      changes: changesOf(tokens),
    })
    .map(({ service, at, changes }): Input => {
      const nth = Math.floor(at * service.exchanges.length) + 1;
      return { service, nth, body: applyChanges(service.exchanges[nth - 1]!.answer.body, changes) };
    });
  return subject<Input>({
    name,
    weight,
    inputs,
    async attempt({ service, nth, body }) {
      const context = await service.open().catch((error: unknown) => {
        throw new Fault(`The service cannot be asked: ${String(error)}`);
      });
      if (context.reading.refused) throw new Fault(`The recording itself is refused: ${context.reading.refused[0]!.message}`);
      const reading = await context.read((_, recorded, asked) => {
        if (asked > MAX_ANSWERS || !recorded) return { status: 404, headers: {}, body: '' };
        return asked === nth ? { ...recorded, body } : undefined;
      });
      if (reading.refused) return refusal(reading.refused);
      const problems = reading.records.flatMap((r) => r.problem ?? []);
      problems.forEach(checkProblem);
      return { state: problems.length ? 'rejected' : 'read', codes: [...new Set(problems.map((p) => p.code))] };
    },
    bytesOf: ({ body }) => body,
    about: ({ service, nth }) => `${service.name}, answer ${nth}`,
    async close() {
      for (const context of open) await (await context).server.close();
    },
  });
}
