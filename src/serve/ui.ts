import type { RegistryContext } from '../registry/context.js';
import { checkedPages } from './faces/pages.js';
import { serve } from './server.js';

/** Options of `ui`. */
export interface UiOptions {
  /** The port; a free one by default. */
  port?: number | undefined;
  /** Called with a message for each source that cannot be reached; without secrets. */
  onNote?: ((text: string) => void) | undefined;
}

/** A served site. */
export interface Ui {
  /** The address of the site, for this machine only. */
  url: string;
  /** Ends the server. It also ends when the program is interrupted. */
  close(): Promise<void>;
  /** Settles when the server has ended. */
  closed: Promise<void>;
}

/**
 * Serves the registry as a web site on this machine, read-only, until it is closed: the server with its pages alone.
 * @throws RegError USAGE when the port is taken; what is wrong with the registry
 */
export async function ui(
  context: RegistryContext,
  { port = 0, onNote = () => undefined }: UiOptions,
): Promise<Ui> {
  const { url, close, closed } = await serve({
    registries: [{ name: '', open: async () => ({ ...context, note: onNote }) }],
    cache: context.cache,
    now: context.now,
    signal: context.signal,
    port,
    faces: [checkedPages],
  });
  return { url, close, closed };
}
