import type { ConfigurationState } from './configuration-state.ts';
import type { Response } from 'express';
import type { Engine } from '../engine/run/engine.ts';
import type { Page, Town } from './pages/parts/page.ts';
import type { revenueCache } from './revenue-cache.ts';

/** What pages and the API are made from. */
export interface ServerContext {
  engine: Engine;
  town: Town;
  revenue: ReturnType<typeof revenueCache>;
  nextRuns: () => { id: string; at: Date }[];
  configuration: () => ConfigurationState;
  /** Sends a page. */
  show(response: Response, page: Page, status?: number): void;
}
