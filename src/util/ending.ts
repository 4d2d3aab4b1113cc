// What is undone when the process ends before its work: at a signal, or when the reader of its answer has ended.

const undoing = new Set<() => void>();

/**
 * Registers what undoes a part of the work of this process.
 * @param undo does not wait, and throws for nothing that was undone already
 * @returns ends that, where the work is done
 */
export function undoneAtEnd(undo: () => void): () => void {
  undoing.add(undo);
  return () => void undoing.delete(undo);
}

/** Undoes what is registered. The process ends right after it. */
export function undoAll(): void {
  for (const undo of undoing)
    try {
      undo();
    } catch {
      // the rest is undone all the same
    }
}

/** Milliseconds that work may take to end after a signal; then the process dies in any case. */
let cleaningUp = 500;

/** Says that the work of this process may take longer to end, as that of a server does. */
export function mayEndWithin(ms: number): void {
  cleaningUp = ms;
}

/** How long that is. */
export const timeToEnd = (): number => cleaningUp;
