import type { RequestDeclaration } from '../declaration.ts';
import { httpRequests } from './manifest.ts';

/** Services that are asked over HTTP, each for a path. */
export const http: RequestDeclaration = {
  reads: 'request',
  writes: 'request',
  statuses: { is: 'HTTP status', from: 100, to: 599, hint: 'Such as 404 or 503.' },
  requests: httpRequests,
  supplies: 'The address that all requests start with (base_url), and how to log in (auth).',
  optionsSchema: async () => (await import('./options.ts')).httpOptions,
  open: async (options, context) => (await import('./http.ts')).openHttp(options, context),
  certify: {
    address: (url) => ({ base_url: url }),
    // A token is not fetched from where the manifest says: offline nobody is asked.
    login: ({ auth }, secret) =>
      auth === undefined || (auth as { oauth2_client_credentials?: unknown }).oauth2_client_credentials
        ? { auth: { bearer: { token: secret } } }
        : {},
  },
};
