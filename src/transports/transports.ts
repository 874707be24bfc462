import type { z } from 'zod';
import { folderOptions } from './folder/options.ts';
import { httpOptions } from './http/options.ts';
import { sftpOptions } from './sftp/options.ts';
import { soapOptions } from './soap/options.ts';
import { sqlserverOptions } from './sqlserver/options.ts';
import type { Transport, TransportContext } from './transport.ts';

export interface TransportEntry {
  /** A connection's options as configured: secrets are references. */
  optionsSchema: z.ZodObject;
  /** Options that name a folder or file of this machine, relative to the town's folder; one that is an address is none. */
  localPaths?: readonly string[];
  /** Takes the options with secrets filled in. Opens nothing yet: the first call does. Throws ConfigError for wrong options. */
  open(options: Record<string, unknown>, context: TransportContext): Promise<Transport>;
}

/** Every transport there is. A library is loaded only when a connection of its kind is opened. */
export const transports: Record<'sftp' | 'folder' | 'http' | 'soap' | 'sqlserver', TransportEntry> = {
  sftp: {
    optionsSchema: sftpOptions,
    open: async (options, context) => (await import('./sftp/sftp.ts')).openSftp(options, context),
  },
  folder: {
    optionsSchema: folderOptions,
    localPaths: ['path'],
    open: async (options, context) => (await import('./folder/folder.ts')).openFolder(options, context),
  },
  http: {
    optionsSchema: httpOptions,
    open: async (options, context) => (await import('./http/http.ts')).openHttp(options, context),
  },
  soap: {
    optionsSchema: soapOptions,
    localPaths: ['wsdl'],
    open: async (options, context) => (await import('./soap/soap.ts')).openSoap(options, context),
  },
  sqlserver: {
    optionsSchema: sqlserverOptions,
    open: async (options, context) => (await import('./sqlserver/sqlserver.ts')).openSqlServer(options, context),
  },
};
