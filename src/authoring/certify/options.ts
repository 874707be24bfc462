import type { StartSsh } from './ssh-port.ts';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, type Verdict } from './finding.ts';
import { didYouMean, InterlocalError } from '../../core/errors.ts';
import type { Pack } from './pack.ts';
import type { StartTables } from './query/context.ts';

export interface CertifyOptions {
  signal: AbortSignal;
  /** Told before each check. */
  onCheck?: (stream: string | undefined, title: string) => void;
  /** Told of each check that does not apply to a stream or sink. */
  onNotApplicable?: (stream: string | undefined, check: { check: string; title: string }, reason?: string) => void;
  /** Serves recorded tables; without it streams of queries are certified online only. */
  startTables?: StartTables | undefined;
  /** Lets streams of files be read over SSH, to see that their password is nowhere else; without it they only fail to connect. */
  startSsh?: StartSsh | undefined;
}

/** The WSDL of the pack that describes an operation; the only one, where there is one: what that lacks is told by its name. */
export async function wsdlOf(pack: Pack, operation: string | undefined): Promise<string | undefined> {
  const { wsdls } = pack.fixtures;
  if (wsdls.length === 1) return wsdls[0];
  for (const name of wsdls) if ((await readFile(join(pack.folder, 'fixtures', name), 'utf8')).includes(`"${operation}"`)) return name;
  return undefined;
}

/** Why there is none: no file, or none that has the operation, which may be misspelled. */
export async function withoutWsdl(pack: Pack, operation: string | undefined): Promise<{ detail: string; hint: string }> {
  const { wsdls } = pack.fixtures;
  const save = "Save the service's WSDL there: open its address with ?wsdl at the end.";
  if (wsdls.length === 0) return { detail: 'There is no WSDL in fixtures/ that describes this operation.', hint: save };
  const texts = await Promise.all(wsdls.map((name) => readFile(join(pack.folder, 'fixtures', name), 'utf8')));
  const names = new Set(
    texts.flatMap((text) => [...text.matchAll(/<(?:[\w.-]+:)?operation\s[^>]*?\bname\s*=\s*["']([^"']+)["']/g)].map(([, name]) => name!)),
  );
  const meant = didYouMean(operation ?? '', names);
  return {
    detail: `${wsdls.join(', ')} in fixtures/ ${wsdls.length === 1 ? 'has' : 'have'} no operation ${operation}.`,
    hint: meant
      ? `Did you mean ${meant}?`
      : names.size > 0
        ? `There ${names.size === 1 ? 'is' : 'are'} ${[...names].slice(0, 30).join(', ')}.`
        : save,
  };
}

/** Runs one check; what it throws is a finding too. None when it does not apply. */
export async function looked(
  check: { check: string; title: string },
  stream: string | undefined,
  options: CertifyOptions,
  run: () => Promise<Verdict>,
): Promise<Finding[]> {
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
      hint: ours ? 'Please report this with the recording.' : 'Correct the connector as the message says, then certify again.',
    };
  }
  if (!verdict || verdict.state === 'not_applicable') {
    options.onNotApplicable?.(stream, check, verdict?.detail);
    return [];
  }
  const { state, detail, hint } = verdict;
  return [
    {
      check: check.check,
      title: check.title,
      ...(stream === undefined ? {} : { stream }),
      ...{ state, detail, ...(hint === undefined ? {} : { hint }) },
      milliseconds: Math.round(performance.now() - started),
    },
  ];
}
