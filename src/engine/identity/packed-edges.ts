import { type VetoName, VETOES } from '../../config/schema/identity.ts';
import type { Edge } from '../../identity/resolve.ts';

/** Pairs of records of a table, as they go from thread to thread. */
export interface PackedEdges {
  a: Int32Array<ArrayBuffer>;
  b: Int32Array<ArrayBuffer>;
  score: Int32Array<ArrayBuffer>;
  /** The place of the veto in VETOES plus one, doubled; odd: linked, even: waits. */
  verdict: Uint8Array<ArrayBuffer>;
}

export function packedEdges(edges: readonly Edge[]): PackedEdges {
  const packed: PackedEdges = {
    a: new Int32Array(edges.length),
    b: new Int32Array(edges.length),
    score: new Int32Array(edges.length),
    verdict: new Uint8Array(edges.length),
  };
  edges.forEach((edge, i) => {
    packed.a[i] = edge.a;
    packed.b[i] = edge.b;
    packed.score[i] = edge.score;
    packed.verdict[i] = 2 * (edge.veto === undefined ? 0 : VETOES.indexOf(edge.veto) + 1) + (edge.verdict === 'link' ? 1 : 0);
  });
  return packed;
}

export function verdictOfPacked(packed: number): { verdict: 'link' | 'review'; veto: VetoName | null } {
  return { verdict: packed % 2 === 1 ? 'link' : 'review', veto: packed < 2 ? null : VETOES[(packed >> 1) - 1]! };
}
