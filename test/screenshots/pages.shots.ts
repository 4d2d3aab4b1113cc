import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { openRegistry } from '../../src/api.js';
import { startBrowser } from '../support/browser.js';
import { sandbox } from '../support/repo.js';
import { siteRegistry } from '../support/site-registry.js';

const FOLDER = fileURLToPath(new URL('../../screenshots', import.meta.url));
const CHURN = 'artifacts/models_3achurn';
const PAGES = {
  overview: 'index.html',
  'overview-on-a-day': 'index.html#day=2026-09-01&deprecated=yes',
  artifact: `${CHURN}/index.html`,
  'artifact-on-a-day': `${CHURN}/index.html#day=2026-09-01`,
  version: `${CHURN}/versions/v1.0.0.html`,
  compare: `${CHURN}/compare.html#from=v1.1.0&to=v2.1.0`,
  history: 'history.html#artifact=models%3Achurn',
};

test('every page is drawn light and dark, wide and narrow', async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  const box = sandbox();
  const out = join(box.root, 'site');
  const now = () => Date.UTC(2026, 10, 25, 12);
  await (await openRegistry(siteRegistry(box).dir, { env: box.env, cwd: box.root, now })).site({ out });
  const browser = await startBrowser();
  for (const [name, path] of Object.entries(PAGES)) {
    const page = await browser.open(`${pathToFileURL(out).href}/${path}`);
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [1440, 360]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}-${width}.png`), fullPage: true });
      }
    await page.pdf({ path: join(FOLDER, `${name}-printed.pdf`), format: 'A4' });
    await page.close();
  }
  await browser.close();
  expect(browser.troubles).toEqual([]);
});
