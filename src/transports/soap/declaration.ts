import type { RequestDeclaration } from '../declaration.ts';
import { soapRequests } from './manifest.ts';

/** SOAP services, which a WSDL describes. */
export const soap: RequestDeclaration = {
  reads: 'request',
  writes: 'request',
  statuses: { is: 'HTTP status', from: 100, to: 599, hint: 'Such as 500; use fault for the text of a fault.' },
  requests: soapRequests,
  supplies: 'The address of the service and its WSDL, and a user name and password.',
  optionsSchema: async () => (await import('./options.ts')).soapOptions,
  localPaths: ['wsdl'],
  open: async (options, context) => (await import('./soap.ts')).openSoap(options, context),
  describedBy: 'wsdl',
  description: ({ wsdl, endpoint }) => String(wsdl ?? `${String(endpoint)}?wsdl`),
  certify: {
    address: (url, wsdl) => ({ endpoint: `${url}/service`, ...(wsdl === undefined ? {} : { wsdl: `${url}/wsdl/${wsdl}` }) }),
    login: ({ auth }, secret) => ({
      username_token: { username: 'certify', password: secret },
      // A token is not fetched from where the manifest says: offline nobody is asked.
      ...((auth as { oauth2_client_credentials?: unknown } | undefined)?.oauth2_client_credentials
        ? { auth: { bearer: { token: secret } } }
        : {}),
    }),
  },
};
