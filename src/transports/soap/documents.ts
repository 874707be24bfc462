import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { ConfigError, type Place } from '../../core/errors.ts';
import { textOf as textOfAnswer } from '../web/body.ts';
import { statusError } from '../web/status.ts';
import { XSD } from './schema.ts';
import type { SchemaDocument } from './schema.ts';
import { parseXml, XmlProblem } from '../xml.ts';
import type { XmlElement } from '../xml.ts';
import type { WebClient } from '../web/web-client.ts';
import { whyNotRead } from '../../core/file-error.ts';

export const WSDL = 'http://schemas.xmlsoap.org/wsdl/';

export interface WsdlDocuments {
  definitions: XmlElement[];
  schemas: SchemaDocument[];
  /** Path or address → its text, the WSDL itself first. */
  texts: Map<string, string>;
}

interface Source {
  system: string;
  /** Where the WSDL was named, for problems with it: its place, and words for it. By default wsdl of the connection. */
  named?: NamedBy | undefined;
  projectFolder: string;
  client: WebClient;
  /** Sent to the WSDL's own host when it is the endpoint's. */
  headersFor(url: URL): Record<string, string>;
}

/** What named a WSDL: `{ place: { path: '--wsdl' }, setting: 'what --wsdl names' }`. */
export interface NamedBy {
  place: Place;
  setting: string;
}

/** Schemas that everybody has and that describe no data of a service. */
const WELL_KNOWN = [
  'http://www.w3.org/XML/1998/namespace',
  'http://www.w3.org/2001/XMLSchema',
  'http://schemas.xmlsoap.org/soap/encoding/',
  'http://www.w3.org/2005/05/xmlmime',
];
const MAX_DOCUMENTS = 200;

/** Reads a WSDL, and whatever it imports and includes, from files below the town's folder or from the one host that it is on. */
export async function wsdlDocuments(location: string, source: Source): Promise<WsdlDocuments> {
  const found: WsdlDocuments = { definitions: [], schemas: [], texts: new Map() };
  const read = new Set<string>();
  const { system } = source;
  const { place, setting } = source.named ?? { place: { system, path: 'wsdl' }, setting: 'wsdl in config/connections.yaml' };
  const origin = isAddress(location) ? new URL(location).origin : undefined;
  const folders = [resolve(source.projectFolder), dirname(resolve(source.projectFolder, location))];

  async function visit(at: string, namespace?: string): Promise<void> {
    const key = `${at} ${namespace ?? ''}`;
    if (read.has(key)) return;
    read.add(key);
    if (read.size > MAX_DOCUMENTS)
      throw problem(
        'WSDL_TOO_LARGE',
        `The WSDL ${location} imports more than ${MAX_DOCUMENTS} documents.`,
        "Save it as one file in the town's folder, and name that file in wsdl of the connection.",
      );
    const root = await parse(at);
    if (root.namespace === WSDL && root.name === 'definitions') await visitDefinitions(root, at);
    else if (root.namespace === XSD && root.name === 'schema') await visitSchema(root, at, namespace);
    else
      throw problem(
        'WSDL_UNREADABLE',
        `${at} is neither a WSDL 1.1 nor an XML schema: its root element is ${root.name}.`,
        `Check ${setting}.`,
      );
  }

  async function visitDefinitions(root: XmlElement, at: string): Promise<void> {
    found.definitions.push(root);
    for (const child of root.children) {
      if (child.namespace !== WSDL) continue;
      if (child.name === 'import' && child.attributes['location']) await visit(below(child.attributes['location'], at));
      if (child.name === 'types')
        for (const schema of child.children) if (schema.namespace === XSD && schema.name === 'schema') await visitSchema(schema, at);
    }
  }

  async function visitSchema(root: XmlElement, at: string, including?: string): Promise<void> {
    const targetNamespace = root.attributes['targetNamespace'] ?? including ?? '';
    found.schemas.push({ root, targetNamespace });
    for (const child of root.children) {
      if (child.namespace !== XSD || !child.attributes['schemaLocation']) continue;
      if (child.name === 'import' && !WELL_KNOWN.includes(child.attributes['namespace'] ?? ''))
        await visit(below(child.attributes['schemaLocation'], at));
      if (child.name === 'include') await visit(below(child.attributes['schemaLocation'], at), targetNamespace);
    }
  }

  /** Where an import leads; outside the host or the folders it is refused. */
  function below(to: string, from: string): string {
    if (origin) {
      const url = new URL(to, from);
      if (url.origin !== origin)
        throw problem(
          'WSDL_ELSEWHERE',
          `The WSDL imports ${url.href}, which is on another host than ${origin}.`,
          "Save the WSDL and what it imports in the town's folder, correct the import, and name the file in wsdl.",
        );
      return url.href;
    }
    const path = isAddress(to) ? undefined : resolve(dirname(from), to);
    if (!path || !folders.some((folder) => inside(folder, path)))
      throw problem(
        'WSDL_ELSEWHERE',
        `The WSDL ${location} imports ${to}, which is outside its folder.`,
        'Save that document next to it and correct the import.',
      );
    return path;
  }

  async function parse(at: string): Promise<XmlElement> {
    try {
      const text = await textOf(at);
      found.texts.set(at, text);
      return parseXml(text, 128);
    } catch (error) {
      if (error instanceof XmlProblem)
        throw problem(
          'WSDL_UNREADABLE',
          `${at} ${error.message}.`,
          `Check ${setting}: it must be the address of the description (WSDL) itself. An address that requires a login returns a web page instead.`,
        );
      throw error;
    }
  }

  async function textOf(at: string): Promise<string> {
    if (!isAddress(at))
      return readFile(at, 'utf8').catch((error: NodeJS.ErrnoException) => {
        throw problem('WSDL_MISSING', `The file ${at} cannot be read: ${whyNotRead(error)}.`, `Correct ${setting}.`);
      });
    const url = new URL(at);
    const answer = await source.client.send({ method: 'GET', url, headers: source.headersFor(url) });
    if (answer.status >= 300) {
      answer.discard();
      throw statusError(answer.status, answer.headers, '', { system, text: `The request for the WSDL at ${url.host}${url.pathname}` });
    }
    return textOfAnswer(answer.bytes, 20_000_000);
  }

  function problem(code: string, message: string, hint: string): ConfigError {
    return new ConfigError({ code, place, message, hint });
  }

  await visit(isAddress(location) ? location : resolve(source.projectFolder, location));
  return found;
}

export function isAddress(location: string): boolean {
  return /^https?:\/\//i.test(location);
}

function inside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
