import { fileURLToPath } from 'node:url';
import { startChromium } from './chromium.ts';

// Makes docs/overview.png again from the sample town: npm start in one terminal, then: node test/web/overview-picture.ts
const browser = await startChromium();
const page = await (await browser.newContext({ viewport: { width: 1000, height: 1180 }, colorScheme: 'light' })).newPage();
await page.goto(process.argv[2] ?? 'http://127.0.0.1:8650');
await page.screenshot({ path: fileURLToPath(new URL('../../docs/overview.png', import.meta.url)) });
await browser.close();
