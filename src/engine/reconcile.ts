import type { Session } from './session.ts';
export async function reconcile(_s: Session): Promise<void> {}
