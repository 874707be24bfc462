import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import soap from 'soap';
import { faultOfSignature } from './verify-signature.ts';

export interface NodeSoapServer {
  port: number;
  /** The requests so far, as they came over the wire. */
  requests: string[];
  close(): Promise<void>;
}

/** The permit service by the `soap` package, with a WS-Security login of either kind. */
export async function startNodeSoap(options: {
  version: '1.1' | '1.2';
  password: string;
  permits: () => object[];
  /** PEM: only requests signed with this certificate are answered. */
  signer?: string;
}): Promise<NodeSoapServer> {
  const file = join(import.meta.dirname, options.version === '1.1' ? 'permits-soap11.wsdl' : 'permits-soap12.wsdl');
  const http: Server = createServer((_request, response) => void response.writeHead(404).end());
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const requests: string[] = [];
  const service = await new Promise<soap.Server>((resolve, reject) => {
    const server = soap.listen(http, {
      path: '/permits',
      xml: readFileSync(file, 'utf8'),
      uri: file,
      services: { PermitService: { PermitsPort: operations(options) } },
      forceSoap12Headers: options.version === '1.2',
      suppressStack: true,
      callback: (error: unknown) => (error ? reject(error as Error) : resolve(server)),
    } as soap.IServerOptions);
  });
  service.log = (type, data) => void (type === 'received' && requests.push(String(data)));
  service.authenticate = (security: unknown) => {
    if (options.signer === undefined) return mayEnter((security as { UsernameToken?: Token } | null)?.UsernameToken, options.password);
    const fault = faultOfSignature(requests.at(-1)!, options.signer);
    if (fault) throw { Fault: { faultcode: `wsse:${fault}`, faultstring: `The signature was refused: ${fault}` } };
    return true;
  };
  return {
    port: (http.address() as AddressInfo).port,
    requests,
    close: () => new Promise((resolve) => (http.close(() => resolve()), http.closeAllConnections())),
  };
}

interface Token {
  Username: string;
  Password: { $value: string; attributes: { Type: string } };
  Nonce: { $value: string };
  Created: string | { $value: string };
}

function mayEnter(token: Token | undefined, password: string): boolean {
  if (token?.Username !== 'clerk & co') return false;
  if (token.Password.attributes.Type.endsWith('#PasswordText')) return token.Password.$value === password;
  const created = typeof token.Created === 'string' ? token.Created : token.Created.$value;
  const digest = createHash('sha1').update(Buffer.from(token.Nonce.$value, 'base64')).update(created).update(password).digest('base64');
  return token.Password.$value === digest;
}

function operations({ permits }: { permits: () => object[] }) {
  return {
    FindPermits: (input: object) => ({ ResponseCode: '0', Echo: JSON.stringify(input), Permits: { Permit: permits() } }),
    Fail: ({ how }: { how: string }) => {
      const [code = '', text = '', status] = how.split('|');
      throw {
        Fault: { faultcode: code, faultstring: text, detail: { why: 'because' }, ...(status ? { statusCode: Number(status) } : {}) },
      };
    },
  };
}
