import type { JSX } from 'preact';
import { FrameProvider } from './frame-context.js';
import type { Page, PageContent } from './page.js';
import { ArtifactView } from './pages/artifact.js';
import { CompareView } from './pages/compare.js';
import { HistoryView } from './pages/history.js';
import { OverviewView } from './pages/overview.js';
import { VersionView } from './pages/version.js';
import { Shell } from './parts/shell.js';

/** One page, whole: drawn by the server, and again by the browser when it has started. */
export function App({ frame, content }: Page): JSX.Element {
  return (
    <FrameProvider value={frame}>
      <Shell content={content}>
        <Content content={content} />
      </Shell>
    </FrameProvider>
  );
}

function Content({ content }: { content: PageContent }): JSX.Element {
  switch (content.kind) {
    case 'overview':
      return <OverviewView {...content} />;
    case 'artifact':
      return <ArtifactView {...content} />;
    case 'version':
      return <VersionView {...content} />;
    case 'compare':
      return <CompareView {...content} />;
    case 'history':
      return <HistoryView {...content} />;
  }
}

/** What a page is about, for the title of the window. */
export function titleOf({ frame, content }: Page): string {
  switch (content.kind) {
    case 'overview':
      return frame.registry;
    case 'artifact':
      return `${content.artifact} · ${frame.registry}`;
    case 'version':
      return `${content.row.artifact} ${content.row.version} · ${frame.registry}`;
    case 'compare':
      return `Compare ${content.artifact} · ${frame.registry}`;
    case 'history':
      return `History · ${frame.registry}`;
  }
}
