import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectorConfig, StreamConfig } from '../../src/config/schema/connector.ts';
import { connectorSchema } from '../../src/config/schema/connector.ts';
import { type Pack, readPack } from '../../src/authoring/certify/pack.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A file that a stream reads. */
export interface StreamFile {
  /** `bank-nacha entries 20260302-1.ach` */
  name: string;
  file: string;
  connector: ConnectorConfig;
  streamName: string;
  stream: StreamConfig;
  options: Record<string, unknown>;
  bytes: Buffer;
}

let packs: Promise<Pack[]> | undefined;

/** Every shipped pack that can be used. */
export function shippedPacks(): Promise<Pack[]> {
  const folder = join(ROOT, 'connectors');
  return (packs ??= Promise.all(
    readdirSync(folder)
      .filter((id) => existsSync(join(folder, id, 'connector.yaml')))
      .map((id) => readPack(join(folder, id))),
  ));
}

/** Every recorded file of every shipped pack, with the stream that reads it. */
export async function packFiles(): Promise<StreamFile[]> {
  const found: StreamFile[] = [];
  for (const { id, connector, fixtures } of await shippedPacks())
    for (const [streamName, fixture] of fixtures.streams)
      for (const { name, bytes } of fixture.files ?? [])
        found.push({
          name: `${id} ${streamName} ${name}`,
          file: name,
          connector: connector!,
          streamName,
          stream: connector!.streams[streamName]!,
          options: fixtures.options,
          bytes,
        });
  return found;
}

/** A file of no shipped pack, to have what no pack uses of a format. */
export function madeFile(name: string, decoder: object, content: string | Buffer, fields: object = {}, more: object = {}): StreamFile {
  const connector = connectorSchema.parse({
    connector: 'made',
    version: '1.0.0',
    title: 'Made',
    transport: 'folder',
    streams: { records: { retriever: { files: { pattern: '*' } }, decoder, schema: { fields }, primary_key: ['id'], ...more } },
  });
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return { name, file: 'made', connector, streamName: 'records', stream: connector.streams['records']!, options: {}, bytes };
}
