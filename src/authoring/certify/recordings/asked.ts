/** A request as the replay server got it. */
export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  text: string;
  operation?: string;
  body?: unknown;
  /** SOAP: elements of the header, but that of WS-Security. */
  header?: unknown;
}
