import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** What only works with scripts: not shown until they have started, so that nobody without them turns a dead knob. */
export function Scripted({ children }: { children: ComponentChildren }): JSX.Element {
  const [hasStarted, start] = useState(false);
  useEffect(() => start(true), []);
  return (
    <div class="scripted" hidden={!hasStarted}>
      {children}
    </div>
  );
}
