import type { Signer } from '../../packs/signature.ts';

/** One thing that was looked at to certify a connector, as the terminal, `--json` and the HTML report show it. */
export interface Finding {
  /** Stable name of the check: `resume`, `truncated`. */
  check: string;
  /** What it proves, for a person. */
  title: string;
  /** The stream; none for what is true of the whole pack. */
  stream?: string;
  /** The sink, for what is written. */
  sink?: string;
  /** warning: it holds, but a person should know it. */
  state: 'ok' | 'warning' | 'failed';
  /** What was found. */
  detail: string;
  /** What to do about it, when not ok. */
  hint?: string;
  milliseconds?: number;
}

/** What `interlocal certify` found of one pack, offline or against a connection. */
export interface Certificate {
  connector: string;
  version: string;
  title: string;
  /** SHA-256 over the names and contents of the pack's files: what exactly was certified. */
  hash: string;
  /** Who signed exactly these files; null: nobody. `name` is that of the trusted key, null when nobody here trusts it. */
  signer: Signer | null;
  half: 'offline' | 'online';
  connection?: string;
  /** UTC. */
  certified_at: string;
  passed: boolean;
  findings: Finding[];
  /** Checks that say nothing of a stream or sink, so they were left out: it has no trailer, is read whole each time. */
  not_applicable: NotApplicable[];
}

/** A check that was left out. */
export interface NotApplicable {
  check: string;
  title: string;
  stream?: string;
  sink?: string;
  /** Why, where it applies to others of the kind: the recording gave nothing to try it on. */
  reason?: string;
}

/** What a check says; undefined: it does not apply to this stream. */
export type Verdict = { state: Finding['state'] | 'not_applicable'; detail: string; hint?: string } | undefined;

export function holds(detail: string): Verdict {
  return { state: 'ok', detail };
}

/** Why a check that needs records says nothing. */
export const NO_RECORD = 'no record can be read from the recording';
/** The same of a sink. */
export const NO_NOTE = 'nothing was written to the store, so there was no moment at which to kill it';

/** Holds for each of `n` things that were tried; where there was none, nothing is proven, and `reason` says why. */
export function holdsFor(n: number, detail: string, reason: string): Verdict {
  return n > 0 ? holds(detail) : { state: 'not_applicable', detail: reason };
}

export function holdsBut(detail: string, hint: string): Verdict {
  return { state: 'warning', detail, hint };
}

export function fails(detail: string, hint: string): Verdict {
  return { state: 'failed', detail, hint };
}
