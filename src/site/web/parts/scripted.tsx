import type { ComponentChildren, JSX } from 'preact';
import { useHasStarted } from '../has-started.js';

/** A part that works only with scripts. It is hidden until they have started. */
export const Scripted = ({ children }: { children: ComponentChildren }): JSX.Element => (
  <div class="scripted" hidden={!useHasStarted()}>
    {children}
  </div>
);
