import type { Project } from '../config/project.ts';

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
    // The configuration has no cycles, so that one is always free.
    const next = [...left].find((id) => project.pipelines.get(id)!.value.after.every((other) => !left.has(other))) ?? [...left][0]!;
    left.delete(next);
    ordered.push(next);
  }
  return ordered;
}

/** The pipelines that have a schedule, in their order. */
export function scheduledPipelines(project: Project): { id: string; cron: string; after: readonly string[] }[] {
  return inOrder(project).flatMap((id) => {
    const { schedule, after } = project.pipelines.get(id)!.value;
    return schedule === undefined ? [] : [{ id, cron: schedule, after }];
  });
}
