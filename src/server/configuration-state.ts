import type { Problem } from '../core/errors.ts';

/** A configuration that is in the town's folder and cannot be used, so the one before stays in force. */
export interface ConfigurationFault {
  /** UTC: since when the files have been so. */
  since: string;
  problems: readonly Problem[];
}

/** Which configuration the pages and the runs of this process go by. */
export interface ConfigurationState {
  /** UTC: when it was read. */
  loadedAt: string;
  /** undefined: what is in the folder is in force. */
  fault?: ConfigurationFault | undefined;
}
