import process from 'node:process';

/** An `AbortSignal` of Node or of TypeScript's library for browsers. The declarations compile without both. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer Known } }
  ? Known
  : { readonly aborted: boolean };

/** What a program that starts `reg` as a library has around it. */
export interface Host {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Takes what is worth knowing beside an answer. */
  note?: ((text: string) => void) | undefined;
  /** Whether questions are answered with what is here: an annotated tag that is lightweight here is not fetched. */
  offline?: boolean | undefined;
  /** Whether many questions come one after the other, as to a server: then processes that answer them go on. */
  isLasting?: boolean | undefined;
  /** Ends what is running; what was asked fails with the code INTERRUPTED. */
  signal?: Signal | undefined;
}

/** The surroundings of this process: the one place outside `cli/` that looks at them. */
export const thisHost = (): Host => ({ env: process.env, cwd: process.cwd(), now: Date.now });
