import { createHash } from 'node:crypto';
import type { SiteFrame } from './data.js';
import type { Page, PageContent } from './web/page.js';
import { renderPage } from './web/render.js';
import { rootOf } from './web/site-path.js';

/** The content security policy of a page: only the script and the style of the site. A live page may also ask its server for changes. */
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

/** The document of a page: rendered, and with its data for the script that makes it interactive. */
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

/** JSON for a script element. Nothing in it can end the element. */
const jsonInHtml = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');

/**
 * The script that brings a page data. It also works where a page is opened as a file, which may load scripts and nothing else. The data are
 * a text in it, so that no key of theirs means anything to the script.
 */
export const dataScript = (path: string, value: unknown): string =>
  `regData(${JSON.stringify(path)},${JSON.stringify(JSON.stringify(value))})\n`;

/** A file that every page loads. Its name changes with its content, so that a cache never gives an old one. */
interface Asset {
  path: string;
  text: string;
}

/** The files that every page loads. */
export interface Assets {
  script: Asset;
  style: Asset;
  icon: Asset;
}

/** Reads the files that were built for the browser. The build puts their text into the program. */
export async function readAssets(): Promise<Assets> {
  const [script, style] = await Promise.all([
    import('../../dist/web/app.js?raw'),
    import('../../dist/web/app.css?raw'),
  ]);
  return {
    script: asset('app.js', script.default),
    style: asset('app.css', style.default),
    icon: { path: 'assets/icon.svg', text: ICON },
  };
}

function asset(name: string, text: string): Asset {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return { path: `assets/${name.replace('.', `-${hash}.`)}`, text };
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect x="1" y="2" width="9" height="3" rx="1" fill="#7c8798"/>' +
  '<rect x="5" y="7" width="10" height="3" rx="1" fill="#2563eb"/><rect x="2" y="12" width="7" height="3" rx="1" fill="#0d7d5a"/></svg>';
