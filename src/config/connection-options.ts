import { z } from 'zod';
import { connectorOf, type Project } from './project.ts';
import type { ConnectorConfig, OptionSpec } from './schema/connector.ts';
import { secret } from './schema/common.ts';
import { eachText, resolveSecrets } from './secrets/secrets.ts';

type Options = Record<string, unknown>;

/**
 * All options of a connection as the transport and the templates take them: the connector's defaults, what its manifest
 * sets for the transport, and over both what the town gives. Secrets are still references.
 */
export function optionsOf(
  connector: Pick<ConnectorConfig, 'options' | 'transport_options'> & Partial<Pick<ConnectorConfig, 'rate_limit'>>,
  given: Options,
): Options {
  const defaults = Object.fromEntries(
    Object.entries(connector.options).flatMap(([name, spec]) => (spec.default === undefined ? [] : [[name, spec.default]])),
  );
  return {
    ...defaults,
    ...(connector.rate_limit && { rate_limit: connector.rate_limit }),
    ...(fillOptions(connector.transport_options, { ...defaults, ...given }) as Options),
    ...given,
  };
}

/** The same with secrets filled in: what a connection is opened with. Throws ConfigError (SECRET_MISSING). */
export function openOptions(project: Project, connection: string, env?: NodeJS.ProcessEnv): Options {
  const { options } = project.connections[connection]!;
  // Secrets first: a template may put one into a longer text.
  const given = resolveSecrets(options, { connection, folder: project.folder, env });
  return optionsOf(connectorOf(project, connection)!, given);
}

/** `{{ options.NAME }}` in the texts of transport_options. A text that is one placeholder takes the value as it is. */
export function fillOptions(value: unknown, options: Options): unknown {
  if (Array.isArray(value)) return value.map((item) => fillOptions(item, options));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fillOptions(inner, options)]));
  if (typeof value !== 'string') return value;
  const whole = /^\{\{\s*options\.([\w-]+)\s*\}\}$/.exec(value);
  if (whole) return options[whole[1]!];
  return value.replace(/\{\{\s*options\.([\w-]+)\s*\}\}/g, (_, name: string) => String(options[name] ?? ''));
}

/** The names in `{{ … }}` of every text in a value, with their paths; `name` is undefined where one is not closed. */
export function placeholdersIn(value: unknown, path: (string | number)[]): { name: string | undefined; path: (string | number)[] }[] {
  const found: { name: string | undefined; path: (string | number)[] }[] = [];
  eachText(value, path, (text, at) => {
    const rest = text.replace(/\{\{\s*([\w.-]+(?: [\w.-]+)*)\s*\}\}/g, (_, name: string) => {
      found.push({ name, path: at });
      return '';
    });
    if (rest.includes('{{')) found.push({ name: undefined, path: at });
  });
  return found;
}

/** The connector's own list of options as a schema. */
export function schemaOfOptions(specs: Readonly<Record<string, OptionSpec>>): z.ZodObject {
  return z.object(Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, schemaOfOption(spec)])));
}

function schemaOfOption(spec: OptionSpec): z.ZodType {
  const text = spec.choices?.length ? z.enum(spec.choices as [string, ...string[]]) : z.string();
  const type = { text, integer: z.int(), boolean: z.boolean(), secret, list: z.array(text) }[spec.type];
  const described = spec.description ? type.describe(spec.description) : type;
  return spec.required && spec.default === undefined ? described : described.optional();
}
