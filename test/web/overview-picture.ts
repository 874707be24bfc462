import { fileURLToPath } from 'node:url';
import { startChromium } from './chromium.ts';
import { serve } from './http.ts';
import { makeTown, openAndRun } from './town.ts';

// Makes docs/overview.png anew: node test/web/overview-picture.ts
const town = makeTown();
const engine = await openAndRun(town.folder);
const next = new Date();
next.setUTCHours(next.getUTCHours() + 1, 0, 0, 0);
const server = await serve(engine, { nextRuns: () => [...engine.project.pipelines.keys()].map((id) => ({ id, at: next })) });
const browser = await startChromium();
const page = await (await browser.newContext({ viewport: { width: 1120, height: 1208 }, colorScheme: 'light' })).newPage();
await page.goto(server.url);
await page.screenshot({ path: fileURLToPath(new URL('../../docs/overview.png', import.meta.url)) });
await browser.close();
await server.close();
await engine.knex.destroy();
town.remove();
