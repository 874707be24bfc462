/** What the connector's own error rules look at, of every transport; is in an error's `cause`. */
export interface AnswerFacts {
  /** HTTP status, SQL Server's error number, SFTP status; 0 where there is none: a folder. */
  status: number;
  /** Of a SOAP fault; of a folder the system's own code (EBUSY). */
  faultCode?: string;
  /** The remote system's own words, without secrets. */
  faultText?: string;
  /** What the remote system asks to wait before the next try, in milliseconds (Retry-After). */
  waitMs?: number | undefined;
}

/** The facts of an answer that became an error, for rules by status or by words; undefined for errors of another kind. */
export function answerFacts(error: unknown): AnswerFacts | undefined {
  const cause = (error as { cause?: unknown } | undefined)?.cause as Partial<AnswerFacts> | undefined;
  return typeof cause?.status === 'number' ? (cause as AnswerFacts) : undefined;
}
