import { type CertifyOptions, looked, withoutWsdl, wsdlOf } from '../options.ts';
import type { ConnectorConfig } from '../../../config/schema/connector.ts';
import { fails, type Finding, type Verdict } from '../finding.ts';
import type { SinkFixture } from '../recordings/sink-fixtures.ts';
import { optionVariables } from '../../../connector/template.ts';
import type { Pack } from '../pack.ts';
import { CANARY_FILES } from '../secrets.ts';
import { withTestKeys } from './packing.ts';
import { SINK_CHECKS, type SinkContext } from './checks.ts';

interface Check<Context> {
  check: string;
  title: string;
  run(context: Context): Promise<Verdict>;
}

/** What is true of one sink of a pack: how its records are written, and how they get to a target of its kind. */
export async function certifySink(
  pack: Pack,
  connector: ConnectorConfig,
  name: string,
  fixture: SinkFixture,
  given: Record<string, unknown>,
  options: CertifyOptions,
): Promise<Finding[]> {
  const { sink, unpack } = await withTestKeys(connector.sinks[name]!);
  const context: SinkContext = {
    connector: { ...connector, sinks: { ...connector.sinks, [name]: sink } },
    name,
    sink,
    unpack,
    fixture,
    variables: optionVariables(given),
    setup: { options: given, secrets: CANARY_FILES },
  };
  const findings = await run(SINK_CHECKS, context);
  if (sink.target.file) {
    const { FILE_PUSH } = await import('./file-checks.ts');
    findings.push(...(await run(FILE_PUSH, context)));
  } else if (sink.target.request) findings.push(...(await pushed(sink.target.request.operation)));
  else findings.push(...(await written()));
  return findings.map(({ stream, ...finding }) => ({ ...finding, sink: stream! }));

  /** Stops at the first check when that fails and is in `first`: what follows would only repeat its words. */
  async function run<Context>(checks: readonly Check<Context>[], at: Context, first?: string): Promise<Finding[]> {
    const found: Finding[] = [];
    for (const check of checks) {
      if (options.signal.aborted) break;
      found.push(...(await looked(check, name, options, () => check.run(at))));
      if (check.check === first && found.at(-1)?.state === 'failed') break;
    }
    return found;
  }

  async function pushed(operation: string | undefined): Promise<Finding[]> {
    const { serviceOf } = await import('../request/context.ts');
    const { openSinkRequests } = await import('./request-context.ts');
    const { REQUEST_PUSH } = await import('./request-checks.ts');
    const wsdl = await wsdlOf(pack, operation);
    if (serviceOf(connector).describedBy === 'wsdl' && wsdl === undefined)
      return looked(REQUEST_PUSH[0]!, name, options, async () => {
        const { detail, hint } = await withoutWsdl(pack, operation);
        return fails(detail, hint);
      });
    const requests = await openSinkRequests(context, pack.folder, wsdl);
    try {
      return await run(REQUEST_PUSH, requests, 'requested');
    } finally {
      await requests.server.close();
    }
  }

  async function written(): Promise<Finding[]> {
    const { TABLE_PUSH } = await import('./table-checks.ts');
    const { startTables } = options;
    if (!startTables)
      return looked(TABLE_PUSH[0]!, name, options, async () =>
        fails(
          'This installation has no server for recorded tables.',
          'Certify it from a checkout of Interlocal, or online with --connection.',
        ),
      );
    return run(TABLE_PUSH, { ...context, startTables }, 'rows_written');
  }
}
