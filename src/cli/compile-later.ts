import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

/** What a function runs before V8 thinks of optimising it, in bytes of its code: seven times as much as usual. */
const BUDGET = 500_000;

/**
 * Has V8 optimise only what runs very often. A process that lives for a tenth of a second hardly uses what is optimised in it, and the
 * threads that optimise take the core that git needs meanwhile. Done where it was measured: switches are V8's own affair.
 */
export function compileLater(): void {
  if (process.versions.node.startsWith('20.')) setFlagsFromString(`--interrupt-budget=${BUDGET}`);
}
