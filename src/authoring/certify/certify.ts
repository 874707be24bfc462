import { type CertifyOptions, looked, withoutWsdl, wsdlOf } from './options.ts';
import type { ConnectorConfig } from '../../config/schema/connector.ts';
import { type Certificate, type Finding, NO_RECORD, type Verdict } from './finding.ts';
import type { Fixture } from './recordings/fixtures.ts';
import { DELETED, deletedRecords } from './deleted-records.ts';
import { DECLARED, declaredFields } from './declared-fields.ts';
import { type FileContext, fileContext } from './file/context.ts';
import { FILE_DRIFT } from './file/drift.ts';
import { FILE_LIFE } from './file/life.ts';
import { FILE_LIMITS } from './file/limits.ts';
import { FILE_PACKED } from './file/packed.ts';
import { FILE_TEXT } from './file/text.ts';
import { lint } from './lint.ts';
import type { Pack } from './pack.ts';
import { goodOf, readBytes } from './reading.ts';
import { compareWithRecording, type Read } from './recording-check.ts';
import { certifySink } from './sink/certify-sink.ts';
import { optionsFor, variablesFor } from './secrets.ts';

/**
 * The offline half: everything that can be proven from the pack's own recordings, on the engine and the store that towns
 * use. Throws nothing for what is wrong with the pack: that is in the findings.
 */
export async function certifyOffline(pack: Pack, given: CertifyOptions): Promise<Certificate> {
  const findings = lint(pack);
  const left: Certificate['not_applicable'] = [];
  const options: CertifyOptions = {
    ...given,
    onNotApplicable: (name, { check, title }, reason) =>
      void left.push({
        check,
        title,
        ...(name === undefined ? {} : Object.hasOwn(pack.connector!.streams, name) ? { stream: name } : { sink: name }),
        ...(reason === undefined ? {} : { reason }),
      }),
  };
  const { connector, fixtures } = pack;
  if (connector)
    for (const [name, fixture] of fixtures.streams) {
      if (options.signal.aborted) break;
      const given = optionsFor(connector, fixtures);
      if (fixture.files) findings.push(...(await certifyFiles(connector, name, fixture, given, fixtures.keys, options)));
      else if (fixture.exchanges) findings.push(...(await certifyRequests(pack, connector, name, fixture, given, options)));
      else findings.push(...(await certifyQueries(connector, name, fixture, given, options)));
    }
  if (connector)
    for (const [name, fixture] of pack.sinks) {
      if (options.signal.aborted) break;
      findings.push(...(await certifySink(pack, connector, name, fixture, optionsFor(connector, fixtures), options)));
    }
  return certificateOf(pack, 'offline', findings, undefined, left);
}

export function certificateOf(
  pack: Pack,
  half: Certificate['half'],
  findings: Finding[],
  connection?: string,
  notApplicable: Certificate['not_applicable'] = [],
): Certificate {
  return {
    connector: pack.id,
    version: pack.connector?.version ?? '',
    title: pack.connector?.title ?? pack.id,
    hash: pack.hash,
    signer: pack.signer ?? null,
    half,
    ...(connection === undefined ? {} : { connection }),
    certified_at: new Date().toISOString(),
    passed: findings.every((f) => f.state !== 'failed'),
    findings,
    not_applicable: notApplicable,
  };
}

async function certifyFiles(
  connector: ConnectorConfig,
  name: string,
  fixture: Fixture,
  given: Record<string, unknown>,
  keys: Readonly<Record<string, string>>,
  options: CertifyOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const stream = connector.streams[name]!;
  const variables = variablesFor(given, keys);
  const reads: Read[] = [];
  const recording = await looked({ check: 'recording', title: 'The recording reads as recorded' }, name, options, async () => {
    for (const { name: file, bytes } of fixture.files!) reads.push({ file, reading: await readBytes(stream, file, bytes, variables) });
    return compareWithRecording(fixture, reads);
  });
  const records = reads.flatMap(({ reading }) => reading.records);
  findings.push(
    ...recording,
    ...(await looked(DECLARED, name, options, async () => declaredFields(stream, records))),
    ...(await looked(DELETED, name, options, async () => deletedRecords(stream, records))),
  );
  const checks = [...FILE_LIFE, ...FILE_PACKED, ...FILE_TEXT, ...FILE_DRIFT, ...FILE_LIMITS];
  const context: FileContext | undefined = await fileContext(connector, name, fixture, given, keys, options.startSsh);
  if (!context) return leftOut(checks, name, options, findings);
  const { plain } = context;
  for (const check of checks) {
    if (options.signal.aborted) break;
    // Of packed files, what is about their text is tried on the text.
    const about = async (): Promise<Verdict> => (await check.run(context)) ?? (plain && (await check.run(plain)));
    findings.push(...(await looked(check, name, options, about)));
  }
  return findings;
}

async function certifyRequests(
  pack: Pack,
  connector: ConnectorConfig,
  name: string,
  fixture: Fixture,
  given: Record<string, unknown>,
  options: CertifyOptions,
): Promise<Finding[]> {
  const { openRequestContext, serviceOf } = await import('./request/context.ts');
  const { REQUEST_CHECKS } = await import('./request/checks.ts');
  const wsdl = await wsdlOf(pack, connector.streams[name]!.retriever.request!.operation);
  if (serviceOf(connector).describedBy === 'wsdl' && wsdl === undefined)
    return [
      {
        check: 'recording',
        title: 'The recording reads as recorded',
        stream: name,
        state: 'failed',
        ...(await withoutWsdl(pack, connector.streams[name]!.retriever.request!.operation)),
      },
    ];
  const context = await openRequestContext(connector, name, fixture, pack.folder, wsdl, given);
  const findings: Finding[] = [];
  try {
    for (const check of REQUEST_CHECKS) {
      if (options.signal.aborted) break;
      findings.push(...(await looked(check, name, options, () => check.run(context))));
      // What follows changes the recording; where it does not read at all, that would only repeat the same words.
      if (check.check === 'recording' && (context.reading.refused || goodOf(context.reading).length === 0))
        return leftOut(REQUEST_CHECKS.slice(1), name, options, findings);
    }
  } finally {
    await context.server.close();
  }
  return findings;
}

async function certifyQueries(
  connector: ConnectorConfig,
  name: string,
  fixture: Fixture,
  given: Record<string, unknown>,
  options: CertifyOptions,
): Promise<Finding[]> {
  if (!options.startTables)
    return [
      {
        check: 'recording',
        title: 'The recording reads as recorded',
        stream: name,
        state: 'failed',
        detail: 'This installation has no server for recorded tables.',
        hint: 'Certify it from a checkout of Interlocal, or online with --connection.',
      },
    ];
  const { queryContext } = await import('./query/context.ts');
  const { QUERY_CHECKS } = await import('./query/checks.ts');
  const { QUERY_DRIFT } = await import('./query/drift.ts');
  const context = queryContext(connector, name, fixture, given, options.startTables);
  const findings: Finding[] = [];
  const checks = [...QUERY_CHECKS, ...QUERY_DRIFT];
  for (const check of checks) {
    if (options.signal.aborted) break;
    findings.push(...(await looked(check, name, options, () => check.run(context))));
    if (check.check === 'recording' && findings[0]!.state === 'failed') return leftOut(checks.slice(1), name, options, findings);
  }
  return findings;
}

/** The findings so far, when the recording gave the other checks nothing to be tried on: those are told as left out. */
function leftOut(
  checks: readonly { check: string; title: string }[],
  stream: string,
  options: CertifyOptions,
  findings: Finding[],
): Finding[] {
  for (const check of checks) options.onNotApplicable?.(stream, check, NO_RECORD);
  return findings;
}
