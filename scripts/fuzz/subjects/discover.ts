import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { connectorSchema } from '../../../src/config/schema/connector.ts';
import type { Discovery } from '../../../src/authoring/discover/proposal.ts';
import { discoverFile } from '../../../src/authoring/discover/file.ts';
import { readWsdl, wsdlStreams } from '../../../src/authoring/discover/wsdl.ts';
import { discoveryYaml } from '../../../src/authoring/discover/yaml.ts';
import { cutSample } from '../../../src/authoring/scaffold/sample-cut.ts';
import { soapRecording, wsdlFiles } from '../../../src/authoring/scaffold/skeleton-soap.ts';
import { applyChanges, changesOf } from '../mutations.ts';
import { packFiles, shippedPacks } from '../pack-files.ts';
import { Fault, subject, type Subject } from '../subject.ts';

interface Input {
  file: string;
  bytes: Buffer;
}

/** Samples of all formats, changed: discover proposes a stream that a manifest can hold, or says what is wrong. */
export async function discoverSubject(weight: number, tokens: readonly string[]): Promise<Subject> {
  const files = [...new Map((await packFiles()).map((f) => [f.file, f])).values()];
  return subject<Input>({
    name: 'discover',
    weight,
    inputs: fc
      .record({ file: fc.constantFrom(...files), changes: changesOf(tokens) })
      .map(({ file, changes }): Input => ({ file: file.file, bytes: applyChanges(file.bytes, changes) })),
    async attempt({ file, bytes }) {
      const stream = await discoverFile(file, bytes);
      await cutSample(file, bytes, stream);
      asManifest({ source: file, streams: [stream], options: {}, notes: [] }, 'sftp');
      return { state: 'read', codes: [] };
    },
    bytesOf: ({ bytes }) => bytes,
    about: ({ file }) => file,
  });
}

/** Descriptions of services, changed: read, with every operation and type in them, and a recording invented for each stream. */
export async function wsdlSubject(weight: number, tokens: readonly string[]): Promise<Subject> {
  const files = (await shippedPacks()).flatMap(({ folder, fixtures }) => fixtures.wsdls.map((name) => join(folder, 'fixtures', name)));
  const originals = files.map((file) => readFileSync(file));
  let folder: string | undefined;
  return subject<Buffer>({
    name: 'wsdl',
    weight,
    inputs: fc
      .record({ original: fc.constantFrom(...originals), changes: changesOf(tokens) })
      .map(({ original, changes }) => applyChanges(original, changes)),
    async attempt(bytes) {
      folder ??= mkdtempSync(join(tmpdir(), 'interlocal-fuzz-wsdl-'));
      writeFileSync(join(folder, 'service.wsdl'), bytes);
      const wsdl = await readWsdl('service.wsdl', folder);
      const discovery = wsdlStreams(wsdl);
      if (discovery.streams.length) asManifest(discovery, 'soap');
      for (const stream of discovery.streams) soapRecording(wsdl, stream);
      wsdlFiles(wsdl);
      return { state: 'read', codes: [] };
    },
    bytesOf: (bytes) => bytes,
    async close() {
      if (folder) rmSync(folder, { recursive: true, force: true });
    },
  });
}

/** What is proposed can be pasted into a manifest. */
function asManifest(discovery: Discovery, transport: string): void {
  const text = discoveryYaml(discovery);
  const { streams, options } = parse(text) as { streams: object; options?: object };
  const read = connectorSchema.safeParse({
    connector: 'sample',
    version: '1.0.0',
    title: 'Sample',
    transport,
    streams,
    ...(options && { options }),
  });
  if (!read.success)
    throw new Fault(`The proposal is not a manifest: ${JSON.stringify(read.error.issues).slice(0, 600)}\n${text.slice(0, 2000)}`);
}
