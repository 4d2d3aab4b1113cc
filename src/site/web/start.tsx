import { hydrate, render } from 'preact';
import { App } from './app.js';
import { followChanges } from './live.js';
import { load } from './load-data.js';
import type { Page } from './page.js';
import { NOW_PATH } from './site-path.js';

/** The data that a document came with. */
const pageIn = (source: Document): Page => JSON.parse(source.getElementById('page')?.textContent ?? '');

const main = document.getElementById('app');
if (main) {
  const page = pageIn(document);
  hydrate(<App {...page} />, main);
  if (page.frame.live === null)
    // a page that did not change is not written again, and shows the registry as of the last time all the same
    load(page.frame.root, NOW_PATH, page.frame.read).then(
      (read) => render(<App {...page} frame={{ ...page.frame, read: JSON.parse(read) }} />, main),
      () => undefined,
    );
  else followChanges(page.frame.live, (changed) => render(<App {...pageIn(changed)} />, main));
}
