import type { Page, PageContent } from '../web/page.js';
import { renderPage } from '../web/render.js';
import { rootOf } from '../web/site-path.js';
import type { Assets } from './assets.js';
import type { SiteFrame } from './frame.js';

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
