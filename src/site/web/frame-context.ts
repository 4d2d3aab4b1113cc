import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Frame } from './page.js';

const FrameContext = createContext<Frame | undefined>(undefined);

/** Gives the frame to everything below. */
export const FrameProvider = FrameContext.Provider;

/** The frame of the page that is drawn. */
export function useFrame(): Frame {
  const frame = useContext(FrameContext);
  if (frame === undefined) throw new Error('drawn outside of a page');
  return frame;
}
