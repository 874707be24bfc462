import { expect, test } from 'vitest';
import type { Project } from '../../config/project.ts';
import { inOrder } from './order.ts';

function project(pipelines: Record<string, { after?: string[]; reconcile?: boolean; mode?: string }>): Project {
  const located = Object.entries(pipelines).map(
    ([id, p]) => [id, { value: { mode: 'live', ...p, after: p.after ?? [], reconcile: p.reconcile ? {} : undefined } }] as const,
  );
  return { pipelines: new Map(located) } as unknown as Project;
}

test('what is read comes before what is reconciled, otherwise by name', () => {
  expect(inOrder(project({ zebra: {}, 'a-reconciliation': { reconcile: true }, ant: {} }))).toEqual(['ant', 'zebra', 'a-reconciliation']);
});

test('each comes after those it waits for', () => {
  expect(inOrder(project({ a: { after: ['c'] }, b: {}, c: { after: ['d'] }, d: {} }))).toEqual(['b', 'd', 'c', 'a']);
});

test('pipelines that are off are left out, and nobody waits for them', () => {
  expect(inOrder(project({ a: { after: ['off'] }, off: { mode: 'off' } }))).toEqual(['a']);
});

test('a circle, which validation refuses, does not hold up a run for ever', () => {
  expect(inOrder(project({ a: { after: ['b'] }, b: { after: ['a'] } })).sort()).toEqual(['a', 'b']);
});
