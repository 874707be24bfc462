import { parseArgs } from 'node:util';
import { generateTown } from './generate/generate.ts';
import {
  CLERK_USER,
  DEFAULT_PORTS,
  FINANCE_DATABASE,
  FINANCE_LOGIN,
  SFTP_HOST_KEY_FINGERPRINT,
  SFTP_USER,
  startSystems,
} from './systems.ts';
import { SOAP_PATH } from './servers/soap/server.ts';

const USAGE =
  'node scripts/sample-town/systems-cli.ts [--folder data/sample-town] [--seed 1] [--sftp 8651] [--soap 8652] [--sqlserver 8653]';

/** Brings Maplewood's systems up alone, until Ctrl-C. */
const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: 'data/sample-town' },
    seed: { type: 'string', default: '1' },
    sftp: { type: 'string', default: String(DEFAULT_PORTS.sftp) },
    soap: { type: 'string', default: String(DEFAULT_PORTS.soap) },
    sqlserver: { type: 'string', default: String(DEFAULT_PORTS.sqlserver) },
  },
});
const numbers = [values.seed, values.sftp, values.soap, values.sqlserver].map(Number);
if (numbers.some((number) => !Number.isInteger(number) || number < 0)) {
  console.error(`Ports and seed are whole numbers.\n${USAGE}`);
  process.exit(2);
}
const [seed = 1, sftp, soap, sqlserver] = numbers;
const truth = generateTown({ seed, folder: values.folder });
const systems = await startSystems({ folder: values.folder, ports: { sftp, soap, sqlserver } });
console.log(`${truth.town.name} (${truth.residents.length} residents, seed ${seed}) in ${values.folder}
  recreation, bank  sftp://${SFTP_USER}@127.0.0.1:${systems.ports.sftp}  host key ${SFTP_HOST_KEY_FINGERPRINT}
  clerk             http://127.0.0.1:${systems.ports.soap}${SOAP_PATH}?wsdl  user ${CLERK_USER}
  finance           SQL Server 127.0.0.1,${systems.ports.sqlserver}  database ${FINANCE_DATABASE}, login ${FINANCE_LOGIN}
  finance, imports  the same SFTP server, below /finance: receipts to import
  council           ${values.folder}/council
Ctrl-C ends them.`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void systems.close().then(() => process.exit(0)));
