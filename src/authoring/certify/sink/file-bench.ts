import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Verdict } from '../finding.ts';
import { type FilePlace, placeOf } from '../../../connector/sink/push-file.ts';
import { renderSink } from '../../../connector/sink/sink.ts';
import { fillText } from '../../../connector/template.ts';
import { listDeliveries } from '../../../store/outbound/deliveries.ts';
import { folderTransport } from '../../../transports/transports.ts';
import { type SinkBench, type SinkSetup, withSinkBench } from './bench.ts';
import type { SinkContext } from './checks.ts';
import { asReceived } from './packing.ts';

function setupOf({ connector, name, fixture, setup }: SinkContext): SinkSetup {
  // The files are the same however they are sent; the transports have their own suites.
  const { transport, options } = folderTransport('target');
  const onDisk = { ...connector, transport, transport_options: {} };
  return { ...setup, connector: onDisk, sink: name, options: { ...setup.options, ...options }, context: fixture.context };
}

export interface FileBench extends SinkBench {
  unpack: SinkContext['unpack'];
}

/** A bench with the folders that the remote system has made. */
export function onBench(context: SinkContext, work: (bench: FileBench) => Promise<Verdict>): Promise<Verdict> {
  return withSinkBench(setupOf(context), async (plain) => {
    const bench: FileBench = Object.assign(plain, { unpack: context.unpack });
    const { target, acknowledgment } = context.sink;
    for (const folder of [target.file!.folder, target.file!.staging, acknowledgment?.file?.folder])
      if (folder !== undefined) await mkdir(join(bench.target, fillText(folder, context.variables)), { recursive: true });
    await bench.queue(context.fixture.records);
    return work(bench);
  });
}

export type Files = Map<string, Buffer>;

/** What is below the target, by its path, as the remote system reads it: unpacked. */
export async function lying(bench: FileBench): Promise<Files> {
  const found: Files = new Map();
  for (const entry of await readdir(bench.target, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found.set(relative(bench.target, path).split(sep).join('/'), await asReceived(await readFile(path), bench.unpack));
  }
  return new Map([...found].sort());
}

/** Where these files are to lie, below the target. */
export function places(context: SinkContext, names: readonly string[]): FilePlace[] {
  return names.map((name) => placeOf(context.sink, name, { name: context.name, variables: context.variables }));
}

/** Every file that was to be sent, with its bytes as they are rendered, and its marker. */
export async function shouldLie(context: SinkContext, bench: FileBench): Promise<Files> {
  const rows = await bench.rows();
  const files: Files = new Map();
  for (const delivery of await listDeliveries(bench.knex, {})) {
    const values = rows.filter((row) => row.delivery === delivery.id).map((row) => row.values);
    const { bytes } = await renderSink(context.sink, values, {
      date: delivery.day,
      sequence: delivery.sequence,
      variables: context.variables,
    });
    const [place] = places(context, [delivery.name]);
    if (place!.marker !== undefined) files.set(place!.marker, Buffer.alloc(0));
    files.set(place!.final, Buffer.from(bytes));
  }
  return new Map([...files].sort());
}

export function differing(found: Files, wanted: Files): string | undefined {
  for (const [name, bytes] of wanted) {
    const there = found.get(name);
    if (!there) return `${name} is not there`;
    if (!there.equals(bytes)) return `${name} has ${there.length} bytes, and should have ${bytes.length}`;
  }
  const more = [...found.keys()].filter((name) => !wanted.has(name));
  return more.length ? `${more.join(', ')} is there as well` : undefined;
}

/** The remote system takes what is complete: with its marker, where it has one. Gives the names. */
export async function takeFiles(context: SinkContext, bench: FileBench): Promise<string[]> {
  const names = (await listDeliveries(bench.knex, {})).map((delivery) => delivery.name);
  const found = await lying(bench);
  const got: string[] = [];
  for (const place of places(context, names)) {
    if (!found.has(place.final) || (place.marker !== undefined && !found.has(place.marker))) continue;
    got.push(place.final);
    await rm(join(bench.target, place.final));
    if (place.marker !== undefined) await rm(join(bench.target, place.marker), { force: true });
  }
  return got;
}
