import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Scripted } from './scripted.js';

/** A command line, and a button that copies it. */
export function CommandToCopy({ command }: { command: string }): JSX.Element {
  const [status, setStatus] = useState('');
  const copy = (): void =>
    void navigator.clipboard.writeText(command).then(
      () => setStatus('Copied'),
      () => setStatus('Not allowed here: select the text instead'),
    );
  return (
    <div class="command">
      <code>{command}</code>{' '}
      <Scripted>
        <button type="button" onClick={copy}>
          Copy
        </button>{' '}
        <span role="status">{status}</span>
      </Scripted>
    </div>
  );
}
