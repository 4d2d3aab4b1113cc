// Prints how long `reg` takes to start, by the time of a program of Node that does nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare, NOTHING, printHead, printRow, reg } from './measure.js';
import { makeRegistry } from './registry.js';

const cwd = mkdtempSync(join(tmpdir(), 'reg-bench-'));
try {
  makeRegistry(cwd, 1000);
  printHead('Starting');
  for (const [name, args, limit] of [
    ['reg --version', ['--version'], '1.5'],
    ['reg --help', ['--help'], '1.5'],
    ['reg which --help', ['which', '--help'], '1.5'],
    ['completion of `reg whi`', ['complete', '--', 'whi'], '1.5'],
    // asks the registry, as `reg show` does
    ['completion of `reg which mod`', ['complete', '--', 'which', 'mod'], ''],
  ]) {
    const measured = compare(reg(...args), [NOTHING], (nothing) => nothing, { cwd, runs: 21 });
    printRow(name, measured, '`node -e 0`', limit);
  }
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
