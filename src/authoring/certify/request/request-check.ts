import { type Verdict } from '../finding.ts';
import type { RequestContext } from './context.ts';

export interface RequestCheck {
  check: string;
  title: string;
  run(context: RequestContext): Promise<Verdict>;
}
