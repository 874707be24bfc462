import type { Project } from '../../config/project.ts';

/** All pipelines that are not off: inbound ones before outbound ones before reconciliations, each after those it names in `after`, otherwise by name. */
export function inOrder(project: Project): string[] {
  const rank = (id: string): string => {
    const { deliver, reconcile } = project.pipelines.get(id)!.value;
    return `${reconcile ? 2 : deliver ? 1 : 0}${id}`;
  };
  const left = new Set(
    [...project.pipelines.keys()]
      .filter((id) => project.pipelines.get(id)!.value.mode !== 'off')
      .sort((a, b) => (rank(a) < rank(b) ? -1 : 1)),
  );
  const ordered: string[] = [];
  while (left.size > 0) {
    // The configuration has no cycles, so one is always free.
    const next = [...left].find((id) => project.pipelines.get(id)!.value.after.every((other) => !left.has(other))) ?? [...left][0]!;
    left.delete(next);
    ordered.push(next);
  }
  return ordered;
}

/**
 * What decides which pipelines run side by side: the remote systems that this one reads or writes, and whether it waits for all before
 * it, because it works on what they bring and does not name them in `after`.
 */
export function placeInOrder(project: Project, id: string): { systems: string[]; last: boolean } {
  const { source, deliver, after } = project.pipelines.get(id)!.value;
  const systems = [source?.connection, deliver?.connection].filter((connection) => connection !== undefined);
  return { systems, last: source === undefined && after.length === 0 };
}

/** The pipelines that have a schedule, in their order. */
export function scheduledPipelines(
  project: Project,
): { id: string; cron: string; after: readonly string[]; systems: string[]; last: boolean }[] {
  return inOrder(project).flatMap((id) => {
    const { schedule, after } = project.pipelines.get(id)!.value;
    return schedule === undefined ? [] : [{ id, cron: schedule, after, ...placeInOrder(project, id) }];
  });
}
