import { tillStream } from '../base-town.ts';
import type { Files } from '../town.ts';

const pipeline = (size: number): Files => ({
  'pipelines/receipts.yaml': `pipeline: receipts\nsource: { connection: till, stream: receipts }\nmappings: [receipt.from-till]\nbatch_size: ${size}\n`,
});

/** Batches that hold what is different of a re-export, and batches so small that every record is looked up. */
export const COMPARED = pipeline(10_000);
export const LOOKED_UP = pipeline(300);

/** What is read of a source again and again, by what its files are. */
export const RE_EXPORTED: [which: string, stream: Files][] = [
  ['whose files are added to what was there', tillStream()],
  [
    'whose files are all there is',
    tillStream({ files: 'content: snapshot', more: '    deletes: { when_absent: true, max_percent: 100 }\n' }),
  ],
];
