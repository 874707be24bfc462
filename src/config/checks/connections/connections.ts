import type { z } from 'zod';
import type { Problem } from '../../../core/errors.ts';
import { optionsOf, schemaOfOptions } from '../../connection-options.ts';
import { problemAt } from '../../draft.ts';
import type { Draft, Part } from '../../draft.ts';
import { explainIssues, unknownKey } from '../../explain.ts';
import { connectorOver } from '../../project.ts';
import type { ConnectorConfig } from '../../schema/connector.ts';
import { isSecretAt } from '../../schema-at.ts';
import { eachText, missingSecrets } from '../../secrets/secrets.ts';
import { textOfPath } from '../../words.ts';
import type { Path } from '../../yaml/document.ts';
import { checkConnectionTransport } from './transport.ts';
import { unknownReference } from '../references.ts';
import type { KnownTransports } from '../transport-rules.ts';

type Options = Record<string, unknown>;

/**
 * Connections against their connector and its transport. Without the transports' schemas only the options that the
 * connector itself lists are looked at.
 */
export function checkConnections(draft: Draft, transports: KnownTransports): Problem[] {
  const { connections } = draft;
  if (!connections) return [];
  return Object.entries(connections.value).flatMap(([id, connection]) => {
    const base = ['connections', id];
    if (!draft.connectors.has(connection.connector))
      return [unknownReference('connector', connection.connector, draft.connectors.keys(), connections, [...base, 'connector'])];
    const connector = draft.connectors.get(connection.connector);
    if (!connector) return [];
    const unfit =
      connection.transport === undefined
        ? []
        : checkConnectionTransport(connections, base, connection.transport, connector.value, transports);
    if (unfit.length > 0) return unfit;
    const used = { ...connector, value: connectorOver(connector.value, connection.transport) };
    return checkOptions(connections, [...base, 'options'], connection.options, used, transports[used.value.transport]?.options);
  });
}

function checkOptions(
  connections: NonNullable<Draft['connections']>,
  base: string[],
  given: Options,
  connector: Part<ConnectorConfig>,
  transport: z.ZodObject | undefined,
): Problem[] {
  const own = schemaOfOptions(connector.value.options);
  const preset = connector.value.transport_options;
  const transportNames = Object.keys(transport?.shape ?? {});
  const known = [...new Set([...transportNames, ...Object.keys(own.shape)])];
  const problems: Problem[] = [];

  const unknown = transport ? Object.keys(given).filter((name) => !known.includes(name)) : [];
  problems.push(...unknown.map((name) => unknownKey(name, known, connections.source, base)));
  // `pasword` is one mistake: then a missing `password` is not another.
  const meant = new Set(problems.flatMap((p) => /^Did you mean (.+)\?$/.exec(p.hint ?? '')?.[1] ?? []));
  const isNew = (issue: z.core.$ZodIssue): boolean => !(meant.has(String(issue.path[0])) && !Object.hasOwn(given, String(issue.path[0])));

  const ownGiven = pick(given, Object.keys(own.shape));
  const ownParsed = own.safeParse(ownGiven);
  if (!ownParsed.success) problems.push(...explainIssues(ownParsed.error.issues.filter(isNew), own, ownGiven, connections.source, base));

  if (transport) {
    const all = pick(optionsOf(connector.value, given), transportNames);
    const parsed = transport.safeParse(all);
    const issues = parsed.success ? [] : parsed.error.issues.filter(isNew);
    const isPreset = (issue: z.core.$ZodIssue): boolean =>
      Object.hasOwn(preset, String(issue.path[0])) && !Object.hasOwn(given, String(issue.path[0]));
    problems.push(
      ...explainIssues(
        issues.filter((i) => !isPreset(i)),
        transport,
        all,
        connections.source,
        base,
      ),
    );
    // A literal in place of a secret is told where it stands: here when the town wrote it, by the connector's own check otherwise.
    const isLiteral = (issue: z.core.$ZodIssue): boolean =>
      isSecretAt(transport, issue.path as Path) && typeof valueAtPath(all, issue.path as Path) === 'string';
    const theirs = issues.filter((issue) => isPreset(issue) && !isLiteral(issue));
    problems.push(...explainIssues(theirs, transport, all, connector.source, ['transport_options']));
  }

  eachText(given, [], (text, path) => {
    const known = Object.hasOwn(own.shape, String(path[0])) || transport !== undefined;
    const isSecret = isSecretAt(own, path) || (transport !== undefined && isSecretAt(transport, path));
    if (text.includes('${') && known && !isSecret) problems.push(misplacedReference(connections, [...base, ...path]));
  });
  return problems;
}

/** Secrets that this machine does not have. */
export function checkSecrets(draft: Draft, env: NodeJS.ProcessEnv): Problem[] {
  const { connections, config, folder } = draft;
  const of = (options: Options, connection: string, source: Parts, base: Path): Problem[] =>
    missingSecrets(options, { connection, folder, env }).map(({ path, problem }) => {
      const full = [...base, ...path];
      return { ...problem, place: { ...source.source.at(full), path: textOfPath(full) } };
    });
  return [
    ...(connections
      ? Object.entries(connections.value).flatMap(([id, c]) => of(c.options, id, connections, ['connections', id, 'options']))
      : []),
    ...(config ? of({ ...config.value.store }, 'store', config, ['store']) : []),
  ];
}

type Parts = { source: Part<unknown>['source'] };

function misplacedReference(part: Parts, path: Path): Problem {
  return problemAt(
    part,
    path,
    'VALUE_INVALID',
    'a reference such as ${env:NAME} works only in options of type secret.',
    'Write the value itself; what differs between machines goes into config/connections.local.yaml.',
  );
}

/** Keys that are written for people. */
const PROSE = ['description', 'title', 'hint', 'name'];

/** References in files that have no secrets at all: they would be taken as they stand. */
export function checkReferences(part: Part<unknown>): Problem[] {
  const problems: Problem[] = [];
  eachText(part.raw, [], (text, path) => {
    if (!PROSE.includes(String(path.at(-1))) && /\$\{\s*(env|file)\s*:/i.test(text))
      problems.push(
        problemAt(
          part,
          path,
          'VALUE_INVALID',
          'a reference such as ${env:NAME} works only in secret options in config/connections.yaml and in store.url.',
          'Make it an option of the connector and use {{ options.NAME }}, or write the value itself.',
        ),
      );
  });
  return problems;
}

function pick(options: Options, names: readonly string[]): Options {
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
}

function valueAtPath(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, part) => (at as Record<string | number, unknown> | undefined)?.[part], value);
}
