import type { Asked } from '../recordings/asked.ts';
import { join } from 'node:path';
import type { SinkConfig } from '../../../config/schema/connector.ts';
import type { Verdict } from '../finding.ts';
import { askedFor, requestDiffers, variableOfSink } from '../recordings/sink-exchanges.ts';
import { replayOptions, serviceOf, sessionOf } from '../request/context.ts';
import { type Behavior, type ReplayServer, startReplayServer } from '../request/replay-server.ts';
import { type SendOptions, type Sent, type SinkBench, withSink, withSinkBench } from './bench.ts';
import type { SinkContext } from './checks.ts';
import { became, type Became, states } from './outcome.ts';

/** A server that answers as recorded, and the sink against it. */
export interface SinkRequestContext extends SinkContext {
  server: ReplayServer;
  soap: boolean;
  /** Requests to write, in their order, of what was asked since the last rewind. */
  writes(): Asked[];
  /** What makes a request the same one: everything but what changes with each (a login with a time in it). */
  signature(asked: Asked): string;
  onBench(work: (bench: RequestBench) => Promise<Verdict>, sink?: Partial<SinkConfig>): Promise<Verdict>;
}

export interface RequestBench extends SinkBench {
  /** One run against a server that behaves so. */
  run(behavior?: Behavior, options?: SendOptions): Promise<Sent>;
  /** Runs until nothing waits anymore, at most so often. */
  runAll(behavior?: Behavior, most?: number): Promise<Sent[]>;
  became(): Promise<Became>;
  states(): Promise<Record<string, string>>;
}

export async function openSinkRequests(context: SinkContext, packFolder: string, wsdl: string | undefined): Promise<SinkRequestContext> {
  const { connector, name, sink, fixture } = context;
  const soap = serviceOf(connector).describedBy === 'wsdl';
  const session = sessionOf(connector);
  const server = await startReplayServer({
    exchanges: fixture.exchanges!,
    soap,
    variable: variableOfSink(sink),
    differs: requestDiffers(sink, soap),
    fixturesFolder: join(packFolder, 'fixtures'),
    ...(session && { login: session }),
  });
  const options = { ...context.setup.options, ...replayOptions(connector, server.url, wsdl) };
  const named = Object.keys({ ...sink.target.request!.headers, ...sink.target.request!.delete?.headers }).map((header) =>
    header.toLowerCase(),
  );
  return {
    ...context,
    server,
    soap,
    writes: () => server.asked.filter((asked) => askedFor(sink, asked) === 'write'),
    signature: ({ method, path, query, operation, body, header, text, headers }) =>
      JSON.stringify([method, path, query, operation, soap ? [body, header] : text, named.map((header) => headers[header] ?? null)]),
    onBench(work, change = {}) {
      // Within a run waiting is for the retries' own tests: what stays is done by the next run.
      const quick = { ...sink, error_handler: { rules: [], ...sink.error_handler, max_retries: 0 }, ...change };
      const setup = { ...context.setup, options, connector: withSink(connector, name, quick), sink: name, context: fixture.context };
      return withSinkBench(setup, async (bench) => {
        const waits = async (): Promise<boolean> => (await bench.rows()).some((row) => row.state === 'queued' || row.state === 'sending');
        const own: Pick<RequestBench, 'run' | 'runAll' | 'became' | 'states'> = {
          async run(behavior, given) {
            server.rewind(behavior);
            return bench.send(given);
          },
          async runAll(behavior, most = 2 * fixture.records.length + 2) {
            server.rewind(behavior);
            const runs = [await bench.send()];
            while (runs.length < most && (await waits())) runs.push(await bench.send());
            return runs;
          },
          became: async () => became(sink, await bench.rows()),
          states: async () => states(became(sink, await bench.rows())),
        };
        return work(Object.defineProperties(own, Object.getOwnPropertyDescriptors(bench)) as RequestBench);
      });
    },
  };
}
