import { type Verdict } from '../finding.ts';
import type { SinkRequestContext } from './request-context.ts';

export interface SinkRequestCheck {
  check: string;
  title: string;
  run(context: SinkRequestContext): Promise<Verdict>;
}
