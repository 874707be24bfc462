import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SOAP_PATH } from './servers/soap/server.ts';
import { DEFAULT_PORTS, type TownSystems } from './systems.ts';

const OURS = "# Written by the sample town's start: its systems could not have their usual ports. Removed by the next start that can.";
const SFTP = ['recreation-ledger', 'recreation-receipts', 'recreation-registrations', 'recreation-residents', 'bank', 'finance-imports'];
const SOAP = ['clerk', 'clerk-residents', 'utility-billing'];

/**
 * Lays the ports that the systems really have over config/connections.yaml, in the town's connections.local.yaml; takes that file away
 * where they have the usual ones. A file that a person wrote is never touched: then false, and that file has to say the ports.
 */
export function adaptConnections(project: string, ports: TownSystems['ports']): boolean {
  const file = join(project, 'config/connections.local.yaml');
  const usual = Object.entries(DEFAULT_PORTS).every(([name, port]) => ports[name as keyof typeof ports] === port);
  const there = existsSync(file);
  if (there && !readFileSync(file, 'utf8').startsWith(OURS)) return usual;
  if (!usual) writeLocalConnections(project, ports);
  else if (there) rmSync(file);
  return true;
}

/** Writes the town's connections.local.yaml for these ports, whatever was there. */
export function writeLocalConnections(project: string, ports: TownSystems['ports']): void {
  writeFileSync(join(project, 'config/connections.local.yaml'), textOf(ports));
}

function textOf({ sftp, soap, sqlserver }: TownSystems['ports']): string {
  const endpoint = `http://127.0.0.1:${soap}${SOAP_PATH}`;
  return [
    OURS,
    'connections:',
    ...SFTP.map((id) => `  ${id}: { options: { port: ${sftp} } }`),
    ...SOAP.map((id) => `  ${id}: { options: { endpoint: "${endpoint}", wsdl: "${endpoint}?wsdl" } }`),
    `  finance: { options: { port: ${sqlserver} } }`,
    '',
  ].join('\n');
}
