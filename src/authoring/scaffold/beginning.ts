import { transportOf } from '../../transports/transports.ts';

/** What a connector is begun with: a sample of its files, an answer of its service, the WSDL of its service, or tables. */
export type Beginning = 'files' | 'answers' | 'wsdl' | 'tables';

/** By what the transport declares. Throws ConfigError for a name that is none. */
export function beginningOf(transport: string): Beginning {
  const declared = transportOf(transport);
  if (declared.reads === 'request') return declared.describedBy ?? 'answers';
  return declared.reads === 'query' ? 'tables' : 'files';
}
