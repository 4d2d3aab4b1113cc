import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** Whether there is a browser here; `.ci/run` installs it, or says that it could not. */
export const hasBrowser = existsSync(CHROMIUM);

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // the pages of a test share a process
  '--renderer-process-limit=1',
];

/** A browser with an empty profile, and what happened in it. */
export interface Watched {
  open(address: string): Promise<Page>;
  /** What a page said on its console, threw, asked a dialog for, or requested from another host than this one. */
  troubles: string[];
  close(): Promise<void>;
}

/** Starts the browser; what it is told, such as `javaScriptEnabled`, holds for every page that is opened in it. */
export async function startBrowser(options: BrowserContextOptions = {}): Promise<Watched> {
  const profile = mkdtempSync(join(tmpdir(), 'reg-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    args: FLAGS,
    ...options,
  });
  context.setDefaultTimeout(30_000);
  const troubles: string[] = [];
  watch(context, troubles);
  return {
    troubles,
    open: async (address) => {
      const page = await context.newPage();
      await page.goto(address);
      return page;
    },
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function watch(context: BrowserContext, troubles: string[]): void {
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== 'file:' && hostname !== '127.0.0.1' && protocol !== 'about:')
      troubles.push(`a request to ${request.url()}`);
  });
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      troubles.push(`${message.page()?.url()} says ${message.text()}`);
  });
  context.on('weberror', (error) => troubles.push(`thrown: ${error.error().message}`));
  context.on('dialog', (dialog) => {
    troubles.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
}

/** What a reader sees of an element: without what is hidden, lines where lines are. */
// biome-ignore lint/performance/useDomNodeTextContent: the text of the nodes is not what is shown
export const shown = (element: Locator): Promise<string> => element.innerText();

/** The same of each element that fits. */
export const allShown = async (elements: Locator): Promise<string[]> =>
  Promise.all((await elements.all()).map(shown));

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The serious and critical findings of axe-core about a page, one line each. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}
