import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRegistry } from '../../src/api.js';
import {
  allShown,
  hasBrowser,
  seriousFindings,
  shown,
  startBrowser,
  type Watched,
} from '../support/browser.js';
import { type FileServer, serveFiles } from '../support/file-server.js';
import { hostileRegistry } from '../support/hostile-site.js';
import { sandbox } from '../support/repo.js';
import { siteRegistry } from '../support/site-registry.js';
import { pairs } from '../support/soak.js';

const CHURN = 'artifacts/models_3achurn';
const PAGES = [
  'index.html',
  `${CHURN}/index.html`,
  `${CHURN}/versions/v1.0.0.html`,
  `${CHURN}/compare.html`,
  'history.html',
];

describe.runIf(hasBrowser)('the site in a real browser, Chromium', () => {
  const box = sandbox();
  const repository = siteRegistry(box);
  const open = () => openRegistry(repository.dir, { env: box.env, cwd: box.root, now: () => NOW });
  const NOW = Date.UTC(2026, 10, 25);
  const out = join(box.root, 'pages/project/site');
  let server: FileServer;
  let browser: Watched;
  const urlOf = (path: string): string => `${server.url}project/site/${path}`;

  beforeAll(async () => {
    await (await open()).site({ out });
    await (
      await openRegistry(hostileRegistry(box).dir, { env: box.env, cwd: box.root, now: () => NOW })
    ).site({ out: join(box.root, 'pages/hostile') });
    server = await serveFiles(join(box.root, 'pages'));
    browser = await startBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const quiet = (): void => expect(browser.troubles.splice(0)).toEqual([]);
  const cells = (page: Page, stage: string): Promise<string[]> =>
    allShown(page.locator(`tr[data-stage="${stage}"] td`));

  test.each(PAGES)('%s says nothing on the console, in a sub-path and as a file', async (path) => {
    const page = await browser.open(urlOf(path));
    for (const address of [urlOf(path), pathToFileURL(join(out, path)).href]) {
      if (page.url() !== address) await page.goto(address);
      // what only works with scripts is there once they have started
      await page.locator('.theme select').waitFor({ state: 'visible' });
      expect(await page.locator('h1').count()).toBe(1);
    }
    await page.close();
    quiet();
  });

  test('every day says of every stage what reg which --at says', async () => {
    const registry = await open();
    const page = await browser.open(urlOf(`${CHURN}/index.html`));
    const days = [
      ...['2026-01-01', '2026-02-03', '2026-02-04', '2026-06-09', '2026-09-01', '2026-09-02'],
      ...['2026-09-14', '2026-09-15', '2026-11-25'],
    ];
    const asked = pairs(days, ['dev', 'staging', 'prod']);
    for (const day of days) {
      await page.getByLabel('Day', { exact: true }).fill(day);
      for (const [, stage] of asked.filter(([one]) => one === day)) {
        const held = await registry.which('models:churn', stage, { at: new Date(day) });
        const [version, who] = await cells(page, stage);
        expect([day, stage, version, who]).toEqual([day, stage, held?.version ?? 'nothing', held?.author]);
      }
    }
    await page.close();
    quiet();
  });

  test('the first page leads to what was in prod on 1 September, and who put it there', async () => {
    const page = await browser.open(urlOf('index.html'));
    await page.getByLabel('Day', { exact: true }).fill('2026-09-01');
    const cell = page.locator('tr', { hasText: 'models:churn' }).locator('td[data-label="prod"]');
    expect(await shown(cell)).toMatch(
      /v1\.1\.0 2 versions behind\s+Bo Strand, since 2026-06-08\s+then v2\.0\.0 at 14:05/,
    );
    await page.getByRole('link', { name: 'models:churn' }).click();
    await page.getByLabel('Day', { exact: true }).fill('2026-09-01');
    expect((await cells(page, 'prod')).slice(0, 3)).toEqual(['v1.1.0', 'Bo Strand', '2026-06-08 09:00']);
    expect(new URL(page.url()).hash).toBe('#day=2026-09-01');
    await page.getByRole('slider').press('ArrowRight');
    expect((await cells(page, 'prod'))[0]).toBe('v2.0.0');
    await page.close();
    quiet();
  });

  test('the overview of a day has the models of that day, also from a file', async () => {
    const page = await browser.open(pathToFileURL(join(out, 'index.html')).href);
    const registry = await open();
    for (const day of ['2026-01-10', '2026-02-03', '2026-06-30', '2026-07-01', '2026-11-25']) {
      await page.getByLabel('Day', { exact: true }).fill(day);
      await page.locator('caption', { hasText: day }).waitFor();
      const rows = await registry.show({ at: new Date(day) });
      const found = await allShown(page.locator('.overview tbody th a'));
      expect([day, found]).toEqual([day, rows.map(({ artifact }) => artifact)]);
      expect(await shown(page.locator('.sum'))).toMatch(new RegExp(`^${rows.length} model`));
    }
    await page.close();
    quiet();
  });

  test.each([
    ['index.html#day=foo', '“foo” is not a day.'],
    [`${CHURN}/index.html#day=2026-02-31`, '“2026-02-31” is not a day.'],
    ['index.html#day=2030-01-01', '2030-01-01 is still to come.'],
    ['history.html#since=foo', '“foo” is not a day.'],
    [`${CHURN}/compare.html#from=v9.9.9`, 'models:churn has no version “v9.9.9”'],
  ])('%s is not answered as if it made sense', async (path, why) => {
    const page = await browser.open(urlOf(path));
    expect(await shown(page.getByRole('alert'))).toContain(why);
    expect(await page.getByText('say the same').count()).toBe(0);
    await page.close();
    quiet();
  });

  test('a bar of the timeline is reached with the keyboard, and says who', async () => {
    const page = await browser.open(urlOf(`${CHURN}/index.html`));
    const bar = page.getByRole('link', { name: /^v2\.0\.0 in prod from 2026-09-01 14:05 to 2026-09-14/ });
    await bar.focus();
    expect(await shown(page.locator('.details'))).toMatch(
      /v2\.0\.0 from .* put there by .*, ended by Bo Strand: .*Release/,
    );
    await page.close();
  });

  test('the overview is filtered, sorted, and shows deprecated models on demand', async () => {
    const page = await browser.open(urlOf('index.html'));
    const names = () => allShown(page.locator('tbody th'));
    expect((await names()).map((name) => name.split(/\s/)[0])).toEqual(['fraud', 'models:churn', 'pricing']);
    await page.getByRole('button', { name: 'prod' }).click();
    expect((await names())[0]).toBe('models:churn');
    await page.getByLabel(/Show deprecated/).check();
    await page.getByLabel('Find').fill('scores');
    expect(await names()).toHaveLength(1);
    const again = await browser.open(page.url());
    expect(await allShown(again.locator('tbody th'))).toHaveLength(1);
    await page.close();
    await again.close();
    quiet();
  });

  test('the address keeps what is asked of the history', async () => {
    const page = await browser.open(urlOf('history.html'));
    await page.getByLabel('Stage').selectOption('prod');
    await page.getByLabel('Who').fill('bo');
    const found = await page.locator('tbody tr').count();
    const expected = await (await open()).history(undefined, { stage: 'prod' });
    expect(found).toBe(expected.filter(({ author }) => author === 'Bo Strand').length);
    const again = await browser.open(page.url());
    expect(await again.locator('tbody tr').count()).toBe(found);
    await page.close();
    await again.close();
    quiet();
  });

  test('two versions are compared as reg diff compares them', async () => {
    const page = await browser.open(urlOf(`${CHURN}/compare.html`));
    await page.getByRole('combobox', { name: /^From/ }).selectOption('v1.0.0');
    await page.getByRole('combobox', { name: /^To/ }).selectOption('v1.1.0');
    const { changes } = await (await open()).diff('models:churn@v1.0.0', 'models:churn@v1.1.0');
    expect(await allShown(page.locator('tbody th'))).toEqual(changes.map(({ name }) => name));
    expect(await shown(page.locator('tr', { hasText: 'rmse' }))).toContain('-0.04 better');
    expect(await page.getByRole('link', { name: 'Commits of the source' }).getAttribute('href')).toBe(
      `https://github.com/mycompany/research/compare/${'a'.repeat(40)}...${'b'.repeat(40)}`,
    );
    await page.close();
    quiet();
  });

  test('axe-core has no serious finding, in the light and in the dark', async () => {
    const page = await browser.open('about:blank');
    for (const [path, colorScheme] of pairs(PAGES, ['light', 'dark'] as const)) {
      await page.emulateMedia({ colorScheme });
      await page.goto(urlOf(path));
      await page.locator('.theme select').waitFor({ state: 'visible' });
      expect([path, colorScheme, await seriousFindings(page)]).toEqual([path, colorScheme, []]);
    }
    await page.close();
  });

  test('nothing is wider than a window of 360 or 1440 pixels', async () => {
    const page = await browser.open('about:blank');
    for (const path of PAGES) {
      await page.goto(urlOf(path));
      for (const width of [360, 1440]) {
        await page.setViewportSize({ width, height: 800 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([path, width, wide]).toEqual([path, width, expect.closeTo(0, 0)]);
      }
    }
    await page.close();
  });

  test('nothing of a hostile registry runs', async () => {
    const folder = join(box.root, 'pages/hostile');
    const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.html'),
    );
    expect(pages.length).toBeGreaterThan(6);
    const page = await browser.open('about:blank');
    for (const path of pages) {
      await page.goto(`${server.url}hostile/${path}`);
      await page.locator('.theme select').waitFor({ state: 'visible' });
      const [ran, scripts, handlers] = await page.evaluate(() => [
        (globalThis as { ran?: unknown }).ran,
        [...document.scripts].filter(({ type }) => type !== 'application/json').length,
        [...document.querySelectorAll('*')].flatMap((one) =>
          [...one.attributes].filter(
            ({ name, value }) => /^on/i.test(name) || /^\s*(javascript|data|vbscript):/i.test(value),
          ),
        ).length,
      ]);
      expect([path, ran, scripts, handlers]).toEqual([path, undefined, 1, 0]);
    }
    await page.goto(`${server.url}hostile/artifacts/m_3acon/versions/v1.0.1.html`);
    const text = await shown(page.locator('main'));
    // all of it is there, as text: the link, and the model card without its tracker
    for (const part of ['<script>globalThis.ran=1</script>', 'Model card', 'picture', 'body{display:none}'])
      expect(text).toContain(part);
    await page.close();
    quiet();
  });

  test('a page that reg ui serves follows the tags, and keeps what is typed in it', async () => {
    const ui = await (await openRegistry(repository.dir, { env: box.env, cwd: box.root })).ui();
    const page = await browser.open(ui.url);
    await page.getByLabel('Find').fill('fraud');
    const cell = page.locator('tbody tr', { hasText: 'fraud' }).locator('td[data-label="dev"]');
    expect(await shown(cell)).toBe('–');
    repository.tag('fraud#dev#2', 'Live', 'fraud@v0.1.0^{}');
    await expect.poll(() => shown(cell), { timeout: 15_000 }).toMatch(/^v0\.1\.0/);
    expect(await page.getByLabel('Find').inputValue()).toBe('fraud');
    repository.git('tag', '-d', 'fraud#dev#2');
    await page.close();
    await ui.close();
    quiet();
  });

  test('a browser that runs no scripts has its tables, and no dead knobs', async () => {
    const page = await browser.open('about:blank');
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setScriptExecutionDisabled', { value: true });
    const texts = async (path: string): Promise<string> => {
      await page.goto(pathToFileURL(join(out, path)).href);
      const text = await shown(page.locator('main'));
      expect(await page.locator('button:visible, select:visible').count()).toBe(0);
      return text;
    };
    expect(await texts('index.html')).toMatch(/models:churn\s+v2\.1\.0/);
    expect(await texts(`${CHURN}/index.html`)).toMatch(/Bo Strand\s+2026-09-14/);
    expect(await texts('history.html')).toContain('Rolled back: v2.0.0 is slow');
    expect(await texts(`${CHURN}/versions/v1.0.0.html`)).toContain('a'.repeat(64));
    await page.close();
    quiet();
  });
});
