import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { BASE } from '../base-town.ts';
import { closeTowns, makeTown } from '../town.ts';

afterEach(closeTowns);

const shipped = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');

test('permits in BLDS are read where a town does not publish one of the dates', async () => {
  const town = await makeTown({
    'config/connections.yaml': `${BASE['config/connections.yaml']}  permits: { connector: blds-permits, options: { path: inbox, folder: . } }\n`,
    'connectors/blds-permits/connector.yaml': shipped('connectors/blds-permits/connector.yaml').replace(
      'transport: sftp',
      'transport: folder',
    ),
    'config/model/party.yaml': shipped('config/model/party.yaml'),
    'config/model/permit.yaml': shipped('config/model/permit.yaml'),
    'mappings/permit.from-blds-permits.yaml': shipped('mappings/permit.from-blds-permits.yaml'),
    'pipelines/permits.yaml': 'pipeline: permits\nsource: { connection: permits, stream: permits }\nmappings: [permit.from-blds-permits]\n',
    'inbox/permits.csv':
      'PermitNum,Description,IssuedDate,StatusCurrent,StatusCurrentMapped,OriginalAddress1,OriginalCity,OriginalState,OriginalZip\nBP-1,Fence,2026-01-10,ISSD,Permit Issued,1 Sample Street,Sampletown,NY,00501\n',
  });
  const run = await town.run('permits');
  expect([run.problems, run.counts.created]).toEqual([[], 1]);
  expect((await town.rows('permit'))[0]).toMatchObject({ applied_on: null, issued_on: '2026-01-10' });
});
