import type { Problem } from '../../../core/errors.ts';
import { problemAt } from '../../draft.ts';
import type { Draft, Part } from '../../draft.ts';
import type { PipelineConfig, ReconciliationConfig } from '../../schema/pipeline.ts';
import type { Path } from '../../yaml/document.ts';

/** Connections that were renamed: a former name is of one of them, and nothing in the pipelines goes by it anymore. */
export function checkRenamed(draft: Draft): Problem[] {
  return [
    ...checkFormerly(draft),
    ...[...draft.pipelines.values()].flatMap((part) => (part === undefined ? [] : checkConditions(draft, part))),
  ];
}

function checkFormerly({ connections }: Draft): Problem[] {
  if (!connections) return [];
  const owners = new Map<string, string>();
  return Object.entries(connections.value).flatMap(([id, { formerly = [] }]) =>
    formerly.flatMap((name) => {
      const other = Object.hasOwn(connections.value, name) ? name : owners.get(name);
      owners.set(name, id);
      if (other === undefined) return [];
      return [
        problemAt(
          connections,
          ['connections', id, 'formerly'],
          'VALUE_INVALID',
          other === name ? `${name} is the name of an existing connection.` : `${name} is already a former name of ${other}.`,
          'Below formerly, write a name that no connection has now and that no other connection had.',
        ),
      ];
    }),
  );
}

/** A condition that names a connection by what it was called before finds nothing anymore. */
function checkConditions({ connections }: Draft, part: Part<PipelineConfig>): Problem[] {
  const now = connections?.value ?? {};
  const renamed = new Map(
    Object.entries(now).flatMap(([id, { formerly = [] }]) =>
      formerly.filter((name) => !Object.hasOwn(now, name)).map((name): [string, string] => [name, id]),
    ),
  );
  const { deliver, reconcile } = part.value;
  const wheres: { base: Path; where: ReconciliationConfig['left']['where'] }[] = [];
  if (deliver) wheres.push({ base: ['deliver', 'where'], where: deliver.where });
  if (reconcile)
    for (const side of ['left', 'right'] as const) wheres.push({ base: ['reconcile', side, 'where'], where: reconcile[side].where });
  return wheres.flatMap(({ base, where }) =>
    [where.source ?? []].flat().flatMap((value) => {
      const to = renamed.get(value);
      if (to === undefined) return [];
      return [problemAt(part, [...base, 'source'], 'REFERENCE_UNKNOWN', `the connection ${value} is now called ${to}.`, `Write ${to}.`)];
    }),
  );
}
