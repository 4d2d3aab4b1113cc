import type { Reporter, TestCase, TestModule } from 'vitest/node';

/** Ends a run with one plain line that any CI can read: `312 passed, 0 failed`; before it, what was not run. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((one) => one.result().state === state).length;
    const unloaded = modules.filter(
      (module) => module.state() === 'failed' && module.errors().length > 0,
    ).length;
    for (const [where, number] of notRun(tests))
      process.stdout.write(`\nnot run: ${where} (${number} tests)`);
    process.stdout.write(`\n${count('passed')} passed, ${count('failed') + unloaded} failed\n`);
  }
}

/** How many tests of which suite were left out, because something that they need is not on this machine. */
function notRun(tests: readonly TestCase[]): Map<string, number> {
  const suites = new Map<string, number>();
  for (const test of tests.filter((one) => one.result().state === 'skipped')) {
    const suite = test.parent.type === 'suite' ? test.parent.fullName : test.name;
    const where = `${test.module.relativeModuleId}: ${suite}`;
    suites.set(where, (suites.get(where) ?? 0) + 1);
  }
  return suites;
}
