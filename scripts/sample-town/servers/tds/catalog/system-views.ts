// All system views, and how one is found by its name.
import { informationSchema } from './information-schema.ts';
import { sysViews } from './sys-views.ts';
import type { SystemView } from './system-view.ts';

export const systemViews: SystemView[] = [...sysViews, ...informationSchema];

const byName = new Map(systemViews.map((one) => [`${one.schema}.${one.name}`.toLowerCase(), one]));

/** The view of that name, with the database's name before it or not. */
export function systemView(parts: readonly string[], databaseName: string): SystemView | undefined {
  const own = parts.length === 3 && parts[0]?.toLowerCase() === databaseName.toLowerCase() ? parts.slice(1) : parts;
  return own.length === 2 ? byName.get(own.join('.').toLowerCase()) : undefined;
}
