import { isDeepStrictEqual } from 'node:util';
import type { ConnectorConfig } from '../config/schema/connector.ts';

/** What a town should know before one version of a connector takes the place of another, a line each. */
export function packDifference(from: ConnectorConfig, to: ConnectorConfig): string[] {
  const lines: string[] = [];
  for (const kind of ['streams', 'sinks'] as const) {
    const word = kind.slice(0, -1);
    lines.push(...named(`new ${word}`, Object.keys(to[kind]), Object.keys(from[kind])));
    lines.push(...named(`removed ${word}`, Object.keys(from[kind]), Object.keys(to[kind])));
  }
  for (const [name, stream] of Object.entries(to.streams)) {
    const before = Object.hasOwn(from.streams, name) ? from.streams[name] : undefined;
    if (!before) continue;
    if (!isDeepStrictEqual(before.primary_key, stream.primary_key))
      lines.push(
        `key of ${name}: ${keyText(before.primary_key)} → ${keyText(stream.primary_key)}. At the next run stored records get this key from their stored values; if one cannot (SOURCE_KEY_CHANGED), the run stops before it reads anything. interlocal preview says which.`,
      );
    const fields = [Object.keys(before.schema.fields), Object.keys(stream.schema.fields)] as const;
    lines.push(...named(`new field of ${name}`, fields[1], fields[0]), ...named(`removed field of ${name}`, fields[0], fields[1]));
    const retyped = fields[1].filter((f) => {
      const [a, b] = [before.schema.fields[f], stream.schema.fields[f]];
      return a && b && a.type !== b.type;
    });
    for (const f of retyped) lines.push(`type of ${name}.${f}: ${before.schema.fields[f]!.type} → ${stream.schema.fields[f]!.type}`);
  }
  const needed = (c: ConnectorConfig): string[] => Object.entries(c.options).flatMap(([name, o]) => (o.required ? [name] : []));
  lines.push(...named('removed option', Object.keys(from.options), Object.keys(to.options)));
  lines.push(...named('option that is now required', needed(to), needed(from)));
  if (from.transport !== to.transport) lines.push(`transport: ${from.transport} → ${to.transport}`);
  return lines;
}

function named(what: string, these: readonly string[], without: readonly string[]): string[] {
  const names = these.filter((name) => !without.includes(name));
  return names.length ? [`${what}: ${names.join(', ')}`] : [];
}

function keyText(key: unknown): string {
  if (key === undefined) return 'none';
  return Array.isArray(key) ? `[${key.join(', ')}]` : JSON.stringify(key);
}

/** Negative: a is the lower version; 0: the same. Versions are three numbers. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((v) => v.split('.').map(BigInt)) as [bigint[], bigint[]];
  const at = left.findIndex((n, i) => n !== right[i]);
  return at < 0 ? 0 : left[at]! < right[at]! ? -1 : 1;
}
