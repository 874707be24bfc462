import type { Discovery, PlainMap, ProposedStream } from '../discover/proposal.ts';
import { flow, scalar, streamLines } from '../discover/yaml.ts';
import { transportOf } from '../../transports/transports.ts';
import { beginningOf } from './beginning.ts';
import type { SinkSkeleton } from './skeleton-sinks.ts';

export interface NewConnector {
  id: string;
  title: string;
  transport: string;
  streams: readonly ProposedStream[];
  options: Discovery['options'];
  transportOptions?: Discovery['transport_options'];
  /** What is still to be done, said in the README. */
  open?: string;
  /** What can be written to it. */
  sink?: SinkSkeleton | undefined;
}

/** The manifest of a new connector, ready to be certified, with the evidence as comments. */
export function manifestText({ id, title, transport, streams, options, transportOptions, sink }: NewConnector): string {
  const files = beginningOf(transport) === 'files';
  const pattern = files ? String((streams[0]!.retriever['files'] as PlainMap)['pattern']) : '';
  const all: Discovery['options'] = files
    ? {
        folder: { description: 'Folder where the system writes the files.', default: '.' },
        files: { description: 'Names of its files, with * and ?.', default: pattern },
        archive: { description: 'Folder that a file is moved to once it is loaded; empty to leave it where it is.', default: '' },
        ...(sink ? { outbox: { description: 'Folder where files for the system are put.', default: 'outbox' } } : {}),
        ...options,
      }
    : options;
  const unpack = files ? (streams[0]!.retriever['files'] as PlainMap)['unpack'] : undefined;
  const retriever: PlainMap = {
    files: {
      folder: '{{ options.folder }}',
      pattern: '{{ options.files }}',
      ...(unpack === undefined ? {} : { unpack }),
      after: { archive: '{{ options.archive }}' },
    },
  };
  const lines = [
    '# yaml-language-server: $schema=../../config/schemas/connector.json',
    `connector: ${id}`,
    'version: 0.1.0',
    `title: ${scalar(title)}`,
    `transport: ${transport}`,
    ...(transportOptions ? [`transport_options: ${flow(transportOptions)}`] : []),
    ...(Object.keys(all).length ? ['options:', ...Object.entries(all).map(([name, spec]) => `  ${name}: ${flow(spec)}`)] : []),
    'streams:',
    ...streams.flatMap((stream) => streamLines(files ? { ...stream, retriever } : stream).map((line) => `  ${line}`)),
    ...(sink ? ['sinks:', ...sink.lines.map((line) => `  ${line}`)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** The README that a town reads when it configures the connection. What is in ‹ › is for the vendor to fill in. */
export function readmeText({ id, title, transport, streams, open, sink }: NewConnector): string {
  return `# ${title}

‹Which system and versions this is for, and where the vendor documents the layout.›

## What the town must supply

${transportOf(transport).supplies} The options of this connector are described in connector.yaml.

    connections:
      ${id}:
        connector: ${id}
        options: { … }

## Streams

| stream | what it reads | key |
|---|---|---|
${streams.map((s) => `| ${s.name} | ${s.description} | ${s.keys[0]?.fields.join(', ') ?? ''} |`).join('\n')}
${sink ? `\n## Sinks\n\n| sink | what is written | what identifies a record |\n|---|---|---|\n| ${sink.name} | ${sink.config.description} | ${sink.config.idempotency_key.join(', ')} |\n` : ''}
## What is known, and what is not

‹What was taken from documentation, what from samples, what was guessed. Whether a record can change or be deleted.›
${open ? `\n‹${open}›\n` : ''}
## Proof

\`interlocal certify ${id} --offline\`
`;
}
