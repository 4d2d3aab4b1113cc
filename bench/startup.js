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
  for (const [name, args] of [
    ['reg --version', ['--version']],
    ['reg --help', ['--help']],
    ['reg which --help', ['which', '--help']],
    ['completion of `reg which mod`', ['complete', '--', 'which', 'mod']],
  ]) {
    const measured = compare(reg(...args), [NOTHING], (nothing) => nothing, { cwd, runs: 21 });
    printRow(name, measured, '`node -e 0`', '1.5');
  }
} finally {
  rmSync(cwd, { recursive: true, force: true });
}
