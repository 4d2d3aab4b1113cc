import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatTime } from '../domain/time.js';
import { pagesAt } from '../registry/browse.js';
import type { RegistryContext } from '../registry/context.js';
import { intervals } from '../registry/history.js';
import { stages } from '../registry/stages.js';
import { shownAddress, withoutLogin } from '../util/address.js';
import type { Frame, Page, PageContent } from './web/page.js';
import { renderPage } from './web/render.js';
import { rootOf } from './web/site-path.js';

/** What a page may do: run the site's own script and style, and nothing else. A live page may ask its server for changes. */
export const policyOf = (live: boolean): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    ...(live ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

/** A page as a document: drawn already, with its data for the script that takes it up. */
export function documentOf(
  path: string,
  content: PageContent,
  { frame: { address: _, ...frame }, assets }: { frame: SiteFrame; assets: Assets },
): string {
  const root = rootOf(path);
  const page: Page = { frame: { ...frame, root }, content };
  const { title, body } = renderPage(page);
  return `<!doctype html>
<html lang="en" data-root="${root}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(frame.live !== null)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<link rel="icon" href="${root}${assets.icon.path}">
<link rel="stylesheet" href="${root}${assets.style.path}">
<script src="${root}${assets.script.path}" defer></script>
</head>
<body>
<div id="app">${body}</div>
<script type="application/json" id="page">${jsonInHtml(page)}</script>
</body>
</html>
`;
}

const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** JSON that no tag can end, whatever it holds. */
const jsonInHtml = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');

/** What all pages of a site share; each adds its own way to the top. */
export type SiteFrame = Omit<Frame, 'root'> & {
  /** The address of the repository, fit to be shown; undefined where only this machine knows it. */
  address: string | undefined;
};

/** Finds out what all pages share. */
export async function siteFrame(context: RegistryContext, live: string | null): Promise<SiteFrame> {
  const remote = await remoteOf(context);
  const address = isElsewhere(remote) ? withoutLogin(remote) : undefined;
  const [pages, listed, stays, root] = await Promise.all([
    pagesAt(address),
    stages(context, {}),
    intervals(context, undefined, {}),
    context.repository.workTree(),
  ]);
  // a stage that is empty now was in use all the same
  const used = stays.map(({ stage }) => stage).sort();
  return {
    registry: nameOf(address ?? root ?? remote) ?? 'registry',
    address,
    read: formatTime(Math.floor(context.now() / 1000)),
    live,
    stages: [...new Set([...listed, ...used])],
    // an id or the name of a tag comes last in these
    host: pages ? { commit: pages.commit(''), tag: pages.tag('') } : null,
    repo: address ?? null,
  };
}

/** The URL of the registry, or that of the remote of a clone, which may be a path and may hold a login. */
const remoteOf = async ({ repository }: RegistryContext): Promise<string | undefined> =>
  repository.url ?? (await repository.largeFiles.remote().catch(() => undefined))?.url;

/** Whether others can reach the repository there too. */
const isElsewhere = (url: string | undefined): url is string =>
  url !== undefined && /^(https?|ssh|git):\/\/|^[^/\\:]{2,}:(?!\/\/)/.test(url);

function nameOf(place: string | undefined): string | undefined {
  const last = basename(
    shownAddress(place ?? '')
      .replace(/[/:]+$/, '')
      .replace(/\.git$/, ''),
  );
  return last.replace(/^.*:/, '') || undefined;
}

/** A file that every page takes, named by its content, so that an old one is never taken for a new one. */
interface Asset {
  path: string;
  text: string;
}

/** What every page takes. */
export interface Assets {
  script: Asset;
  style: Asset;
  icon: Asset;
}

/** Reads what was built for the browser. */
export async function readAssets(): Promise<Assets> {
  const [script, style] = await Promise.all([asset('app.js'), asset('app.css')]);
  return { script, style, icon: { path: 'assets/icon.svg', text: ICON } };
}

async function asset(name: string): Promise<Asset> {
  // two folders up is the package, from here as from a chunk of the bundle
  const text = await readFile(new URL(`../../dist/web/${name}`, import.meta.url), 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return { path: `assets/${name.replace('.', `-${hash}.`)}`, text };
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect x="1" y="2" width="9" height="3" rx="1" fill="#7c8798"/>' +
  '<rect x="5" y="7" width="10" height="3" rx="1" fill="#2563eb"/><rect x="2" y="12" width="7" height="3" rx="1" fill="#0d7d5a"/></svg>';
