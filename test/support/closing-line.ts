import type { Reporter, TestModule } from 'vitest/node';

/** Ends a run with one plain line that any CI can read: `312 passed, 0 failed`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const results = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => test.result().state),
    );
    const count = (state: string): number => results.filter((one) => one === state).length;
    const unloaded = modules.filter(
      (module) => module.state() === 'failed' && module.errors().length > 0,
    ).length;
    process.stdout.write(`\n${count('passed')} passed, ${count('failed') + unloaded} failed\n`);
  }
}
