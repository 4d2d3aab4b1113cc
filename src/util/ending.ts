// What has to be undone when a signal, or the end of the reader of its answer, ends the process before the work itself can.

const undoing = new Set<() => void>();

/**
 * Registers what undoes a part of the work of this process.
 * @param undo does not wait, and throws for nothing that was undone already
 */
export const undoneAtEnd = (undo: () => void): void => void undoing.add(undo);

/** Undoes what is registered. The process ends right after it. */
export function undoAll(): void {
  for (const undo of undoing)
    try {
      undo();
    } catch {
      // the rest is undone all the same
    }
}
