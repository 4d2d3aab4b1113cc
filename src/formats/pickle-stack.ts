import type { Effect } from './pickle-opcodes.js';

/** How many values are on the stack of a pickle that is not run. */
export interface PickleStack {
  /** Does what an opcode does; false when the stack does not hold what it needs. */
  apply(effect: Effect): boolean;
  mark(): void;
  /** Takes one value, or a mark where no value is above it (CPython, Lib/pickle.py, load_pop). */
  pop(): boolean;
}

/** An empty stack. */
export function pickleStack(): PickleStack {
  /** Values above the last mark. */
  let above = 0;
  /** Values between the marks, the lowest first. */
  const below: number[] = [];
  const unmark = (): boolean => {
    const values = below.pop();
    if (values !== undefined) above = values;
    return values !== undefined;
  };
  return {
    apply: ({ takes, unmarks, needs, gives }) => {
      if (above < takes) return false;
      above -= takes;
      if (unmarks && !unmark()) return false;
      if (above < needs) return false;
      above += gives;
      return true;
    },
    mark: () => {
      below.push(above);
      above = 0;
    },
    pop: () => {
      if (above === 0) return unmark();
      above -= 1;
      return true;
    },
  };
}
