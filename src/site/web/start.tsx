import { hydrate, render } from 'preact';
import { App } from './app.js';
import { followChanges } from './live.js';
import type { Page } from './page.js';

/** The data that a document came with. */
const pageIn = (source: Document): Page => JSON.parse(source.getElementById('page')?.textContent ?? '');

const main = document.getElementById('app');
if (main) {
  const page = pageIn(document);
  hydrate(<App {...page} />, main);
  if (page.frame.live !== null)
    followChanges(page.frame.live, (changed) => render(<App {...pageIn(changed)} />, main));
}
