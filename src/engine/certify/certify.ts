import type { ConnectorConfig } from '../../config/schema/connector.ts';
import type { Certificate, Finding, Verdict } from '../../connector/certify.ts';
import type { Fixture } from '../../connector/certify-fixtures.ts';
import { InterlocalError } from '../../core/errors.ts';
import { type FileContext, fileContext } from './file-context.ts';
import { FILE_DRIFT } from './file-drift.ts';
import { FILE_LIFE } from './file-life.ts';
import { FILE_LIMITS } from './file-limits.ts';
import { FILE_TEXT } from './file-text.ts';
import { lint } from './lint.ts';
import type { Pack } from './pack.ts';
import { readBytes } from './reading.ts';
import { compareWithRecording } from './recording-check.ts';
import { optionsFor } from './secrets.ts';

export interface CertifyOptions {
  signal: AbortSignal;
  /** Told before each check. */
  onCheck?: (stream: string | undefined, title: string) => void;
}

/**
 * The offline half: everything that can be proven from the pack's own recordings, on the engine and the store that towns
 * use. Throws nothing for what is wrong with the pack: that is in the findings.
 */
export async function certifyOffline(pack: Pack, options: CertifyOptions): Promise<Certificate> {
  const findings = lint(pack);
  const { connector, fixtures } = pack;
  if (connector)
    for (const [name, fixture] of fixtures.streams) {
      if (options.signal.aborted) break;
      const given = optionsFor(connector, fixtures.options);
      if (fixture.files) findings.push(...(await certifyFiles(connector, name, fixture, given, options)));
    }
  return certificateOf(pack, 'offline', findings);
}

export function certificateOf(pack: Pack, half: Certificate['half'], findings: Finding[], connection?: string): Certificate {
  return {
    connector: pack.id,
    version: pack.connector?.version ?? '',
    title: pack.connector?.title ?? pack.id,
    hash: pack.hash,
    half,
    ...(connection === undefined ? {} : { connection }),
    certified_at: new Date().toISOString(),
    passed: findings.every((f) => f.state !== 'failed'),
    findings,
  };
}

async function certifyFiles(connector: ConnectorConfig, name: string, fixture: Fixture, given: Record<string, unknown>, options: CertifyOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  const stream = connector.streams[name]!;
  const recording = await looked({ check: 'recording', title: 'The recording reads as recorded' }, name, options, async () => {
    const reads = [];
    for (const { name: file, bytes } of fixture.files!) reads.push({ file, reading: await readBytes(stream, file, bytes) });
    return compareWithRecording(fixture, reads);
  });
  findings.push(...recording);
  const context: FileContext | undefined = await fileContext(connector, name, fixture, given);
  if (!context) return findings;
  for (const check of [...FILE_LIFE, ...FILE_TEXT, ...FILE_DRIFT, ...FILE_LIMITS]) {
    if (options.signal.aborted) break;
    findings.push(...(await looked(check, name, options, () => check.run(context))));
  }
  return findings;
}

/** Runs one check; what it throws is a finding too. None when it does not apply. */
export async function looked(check: { check: string; title: string }, stream: string | undefined, options: CertifyOptions, run: () => Promise<Verdict>): Promise<Finding[]> {
  options.onCheck?.(stream, check.title);
  const started = performance.now();
  let verdict: Verdict;
  try {
    verdict = await run();
  } catch (error) {
    const ours = !(error instanceof InterlocalError);
    verdict = {
      state: 'failed',
      detail: ours ? `Interlocal itself failed: ${(error as Error)?.stack ?? String(error)}` : error.message,
      hint: ours ? 'Please report this with the recording.' : 'Correct the connector.',
    };
  }
  if (!verdict) return [];
  return [{ check: check.check, title: check.title, ...(stream === undefined ? {} : { stream }), ...verdict, milliseconds: Math.round(performance.now() - started) }];
}
