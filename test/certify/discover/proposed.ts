import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { discoverFile } from '../../../src/authoring/discover/file.ts';
import type { ProposedStream } from '../../../src/authoring/discover/proposal.ts';
import { writeRecords } from '../../../src/authoring/certify/write-records.ts';
import { cutSample } from '../../../src/authoring/scaffold/sample-cut.ts';
import { manifestText, readmeText } from '../../../src/authoring/scaffold/skeleton.ts';
import { certified, failures, packOf } from '../packs.ts';

/** Proposed, cut to its beginning and certified: what a vendor has after one command. */
export async function proposed(file: string, sample: Buffer): Promise<{ stream: ProposedStream; failed: string[]; recording: string }> {
  const stream = await discoverFile(file, sample);
  const made = { id: 'acme', title: 'Acme', transport: 'sftp' as const, streams: [stream], options: {} };
  const folder = packOf('acme', {
    'connector.yaml': manifestText(made),
    'README.md': readmeText(made),
    [`fixtures/${stream.name}/${file}`]: await cutSample(file, sample, stream),
  });
  await writeRecords(folder, undefined);
  return {
    stream,
    failed: failures(await certified(folder)),
    recording: readFileSync(join(folder, 'fixtures', stream.name, file), 'latin1'),
  };
}
