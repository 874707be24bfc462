import { fileURLToPath } from 'node:url';
import { writeJsonSchemas } from '../src/config/json-schemas.ts';
import { TRANSPORT_NAMES } from '../src/transports/transports.ts';

// Writes config/schemas of this repository from the zod schemas; a test fails while they are stale.
for (const file of await writeJsonSchemas(fileURLToPath(new URL('..', import.meta.url)), TRANSPORT_NAMES)) console.log(file);
