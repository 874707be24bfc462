import { createReadStream } from 'node:fs';
import { decoderSchema } from '../../src/config/schema/connector.ts';
import { decodeWith } from '../../src/formats/formats.ts';

// The CSV reader alone, on the file that csv-parse reads in bare-loop.ts.
const file = process.argv[2]!;
let rows = 0;
for await (const list of decodeWith(decoderSchema.parse({ csv: {} }), createReadStream(file, { highWaterMark: 1 << 16 }), { file }))
  rows += list.length;
console.log(rows);
