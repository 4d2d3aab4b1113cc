import type { ComponentChildren, JSX } from 'preact';
import { useFrame } from '../frame-context.js';
import { shownTime } from '../moments.js';
import type { PageContent } from '../page.js';
import { ThemeSwitch } from './theme-switch.js';

/** What is around every page: the way to the others, and where the data come from. */
export function Shell({
  content,
  children,
}: {
  content: PageContent;
  children: ComponentChildren;
}): JSX.Element {
  const { registry, root, read, live } = useFrame();
  const here = (kind: PageContent['kind']): { 'aria-current'?: 'page' } =>
    content.kind === kind ? { 'aria-current': 'page' } : {};
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="home" href={`${root}index.html`}>
          <bdi>{registry}</bdi>
        </a>
        <nav aria-label="Site">
          <a href={`${root}index.html`} {...here('overview')}>
            Models
          </a>
          <a href={`${root}history.html`} {...here('history')}>
            History
          </a>
        </nav>
        <ThemeSwitch />
      </header>
      <main id="main">{children}</main>
      <footer class="bottom">
        {live !== null ? 'Live from the repository' : 'Read from git tags'}, as of{' '}
        <time dateTime={read}>{shownTime(read)}</time> UTC. All times are UTC.
      </footer>
    </>
  );
}
