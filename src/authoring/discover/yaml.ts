import type { Discovery, Plain, PlainMap, ProposedField, ProposedStream } from './proposal.ts';

/** The proposal as YAML that can be pasted into a manifest; the evidence stands next to what it speaks for, as comments. */
export function discoveryYaml(discovery: Discovery): string {
  const lines = [`# Proposed by interlocal discover from ${discovery.source}. Review it: only you know what the vendor means.`];
  for (const note of discovery.notes) lines.push(`# ${note}`);
  if (Object.keys(discovery.options).length)
    lines.push('options:', ...Object.entries(discovery.options).map(([name, spec]) => `  ${name}: ${flow(spec)}`));
  if (discovery.transport_options) lines.push(`transport_options: ${flow(discovery.transport_options)}`);
  lines.push('streams:');
  for (const stream of discovery.streams) lines.push(...streamLines(stream).map((line) => (line === '' ? '' : `  ${line}`)));
  return `${lines.join('\n')}\n`;
}

/** One stream as lines, indented from its name. */
export function streamLines(stream: ProposedStream): string[] {
  const [key, ...others] = stream.keys;
  const lines = [`${stream.name}:`, `  description: ${scalar(stream.description)}`];
  for (const said of stream.evidence) lines.push(`  # ${said}`);
  lines.push('  retriever:', ...block(stream.retriever, 4));
  if (stream.decoder) lines.push('  decoder:', ...block(stream.decoder, 4));
  if (stream.record_selector) lines.push(`  record_selector: ${flow(stream.record_selector)}`);
  if (stream.paginator) lines.push(`  paginator: ${flow(stream.paginator)}`);
  if (stream.incremental) lines.push(`  incremental: ${flow(stream.incremental)}`);
  if (stream.control) lines.push('  control:', ...stream.control.map((c) => `    - ${flow(c)}`));
  lines.push('  schema:', '    fields:', ...stream.fields.map((f) => fieldLine(f, key?.fields.includes(f.name) ?? false)));
  if (key) {
    lines.push(`  # ${key.evidence}`);
    for (const other of others.slice(0, 3)) lines.push(`  # or [${other.fields.join(', ')}]: ${other.evidence}`);
    lines.push(`  primary_key: ${key.repeats ? flow({ fields: key.fields, repeats: key.repeats }) : flow(key.fields)}`);
  }
  return lines;
}

function fieldLine(field: ProposedField, inKey: boolean): string {
  const spec: PlainMap = {};
  if (field.type !== 'text') spec['type'] = field.type;
  if (field.format) spec['format'] = field.format;
  if (field.required || inKey) spec['required'] = true;
  if (field.optional && !inKey) spec['optional'] = true;
  if (field.personal) spec['class'] = 'personal';
  return `      ${scalar(field.name)}: ${flow(spec)} # ${field.evidence}`;
}

/** Groups on lines of their own while they are deep; on one line where they are small. */
function block(map: PlainMap, indent: number): string[] {
  return Object.entries(map).flatMap(([name, value]) => {
    const lead = `${' '.repeat(indent)}${scalar(name)}:`;
    const short = flow(value);
    if (typeof value !== 'object' || value === null || short.length + lead.length <= 110) return [`${lead} ${short}`];
    if (Array.isArray(value)) return [lead, ...value.map((item) => `${' '.repeat(indent + 2)}- ${flow(item)}`)];
    return [lead, ...block(value, indent + 2)];
  });
}

export function flow(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return entries.length ? `{ ${entries.map(([name, inner]) => `${scalar(name)}: ${flow(inner)}`).join(', ')} }` : '{}';
  }
  return typeof value === 'string' ? scalar(value) : String(value);
}

/** Plain where YAML 1.1 and 1.2 both read the same text, otherwise in quotes. */
export function scalar(text: string): string {
  const plain =
    /^[A-Za-z_./][\w ./()'-]*$/.test(text) &&
    !/\s$/.test(text) &&
    !/^(true|false|null|yes|no|on|off|y|n|~)$/i.test(text) &&
    !/^\.(inf|nan)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}
