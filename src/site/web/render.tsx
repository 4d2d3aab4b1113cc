import { renderToString } from 'preact-render-to-string';
import { App, titleOf } from './app.js';
import type { Page } from './page.js';

/** A page as HTML, without scripts: what the body holds before the browser starts anything. */
export const renderPage = (page: Page): { title: string; body: string } => ({
  title: titleOf(page),
  body: renderToString(<App {...page} />),
});
