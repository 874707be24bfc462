import type { z } from 'zod';
import type { RequestRules, TransportRules } from '../config/checks/transport-rules.ts';
import type { FileTransport, QueryTransport, RequestTransport, Transport, TransportContext } from './transport.ts';

type Options = Record<string, unknown>;

/**
 * Everything that the rest of Interlocal asks of a transport. It is in `declaration.ts` of the transport's folder, and one line of
 * registry.ts names it. It loads no library and no schema by itself: names and facts are wanted where nothing is opened.
 */
interface Declaration<Kind extends Transport> extends TransportRules {
  /** What a town must supply, for the README of a new connector: one or more sentences. */
  supplies: string;
  /** What a connection's options must be as configured: secrets are references. */
  optionsSchema(): Promise<z.ZodObject>;
  /** Options that name a folder or file of this machine, relative to the town's folder; one that is an address is none. */
  localPaths?: readonly string[];
  /**
   * Takes the options with secrets filled in, those alone that the transport knows. Opens nothing yet: the first call does. Throws
   * ConfigError for wrong options.
   */
  open(options: Options, context: TransportContext): Promise<Kind>;
}

/** A transport of files. */
export interface FileDeclaration extends Declaration<FileTransport> {
  reads: 'files';
  writes: 'file';
  requests?: undefined;
  /** What `certify --connection` tries as well: with these options in place of its own, a connection must be refused. */
  mustRefuse?: readonly Refusal[];
  /** Of the one that reads a folder of this machine: its options. `certify --offline` puts recorded files there, in place of a system's. */
  ofFolder?(path: string): Options;
  /** Where there is a login: what `certify --offline` tries, to see that its secret is nowhere. */
  login?: FileLogin;
}

export interface Refusal {
  /** Of the finding. */
  check: string;
  title: string;
  options: Options;
  /** The code of the problem that it must be refused with. */
  code: string;
}

export interface FileLogin {
  /** The kind of server that a checkout has for it; without one, only a login that reaches nobody is tried. */
  server?: 'ssh';
  /** Options of a login with this password at a port of this computer where nothing listens. */
  nowhere(port: number, password: string): Options;
}

/** A transport of requests: a service. */
export interface RequestDeclaration extends Declaration<RequestTransport> {
  reads: 'request';
  writes: 'request';
  requests: RequestRules;
  /**
   * What says which operations a service has: authors begin with it, and it is among the recordings. wsdl: its messages are those of
   * SOAP. Without it a service is asked at a path, and what it answers is looked at.
   */
  describedBy?: 'wsdl';
  /** How `certify --offline` makes a connection to the server that answers as recorded. */
  certify: {
    /** `description`: the name of the recording's WSDL, where it has one. */
    address(url: string, description: string | undefined): Options;
    /** Options of a login with this secret, next to those that the manifest sets. */
    login(preset: Options, secret: string): Options;
  };
  /** For discover: where a service with these options is described. Of services that are described. */
  description?(options: Options): string;
}

/** A transport of tables: a database. */
export interface QueryDeclaration extends Declaration<QueryTransport> {
  reads: 'query';
  writes: 'table';
  requests?: undefined;
  /** The protocol of the server that `certify --offline` serves recorded tables with; without one, it is certified online only. */
  recordedTables?: 'tds';
}

export type TransportDeclaration = FileDeclaration | RequestDeclaration | QueryDeclaration;
