import type { ComponentChildren, JSX } from 'preact';
import { useHasStarted } from '../has-started.js';

/** What only works with scripts: not shown until they have started, so that nobody without them turns a dead knob. */
export const Scripted = ({ children }: { children: ComponentChildren }): JSX.Element => (
  <div class="scripted" hidden={!useHasStarted()}>
    {children}
  </div>
);
