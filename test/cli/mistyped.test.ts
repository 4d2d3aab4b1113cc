import { describe, expect, test } from 'vitest';
import { shellWords } from '../../src/cli/complete.js';
import { meantCommand } from '../../src/cli/table/hints.js';
import { readLine } from '../../src/cli/table/line.js';
import { runHere } from '../support/here.js';

test.each([
  ['which zoe#prod', 'reg which zoe prod'],
  ['assign zoe#prod --push', 'reg assign zoe prod'],
  ['assign zoe v0.0.1 prod', 'reg assign zoe@v0.0.1 prod'],
  ['approve zoe 1.0.0 prod -m Good', 'reg approve zoe@1.0.0 prod'],
  ['load zoe prod', "reg load 'zoe#prod'"],
  ['load zoe v1.0.0', 'reg load zoe@v1.0.0'],
  ['describe zoe latest', 'reg describe zoe@latest'],
  // what else it may be, nobody can tell
  ['which zoe', undefined],
  ['which zoe prod more', undefined],
  ['rollback zoe v1.0.0 prod', undefined],
  ['assign zoe one two', undefined],
  ['load zoe@v1.0.0 prod', undefined],
  ['load zoe .prod', undefined],
  ['load', undefined],
])('%s', (typed, command) => {
  expect(meantCommand(readLine(typed.split(' ')))).toBe(command);
});

/** What the program answers to a line that it cannot run. */
async function hintTo(typed: string): Promise<string | undefined> {
  const { stderr, code } = await runHere({ cwd: '.', env: {} }, ...shellWords(typed));
  expect(code, typed).toBe(2);
  return /^hint: (.*)$/m.exec(stderr)?.[1];
}

describe('what other tools call otherwise', () => {
  test.each([
    ['ls', 'reg show'],
    ['list churn', 'reg show churn'],
    ['log churn -n 5', 'reg history churn -n 5'],
    ['rm churn@v1.0.0', 'reg deregister churn@v1.0.0'],
    ['delete churn', 'reg deprecate churn'],
    ["rm 'churn#prod'", 'reg unassign churn prod'],
    ['promote churn@v1.0.0 prod', 'reg assign churn@v1.0.0 prod'],
    ['promote churn prod main', 'reg assign churn prod --rev main'],
    ['promote churn 1.0.0 prod', 'reg assign churn@1.0.0 prod'],
    ['register churn --simple auto', 'reg register churn'],
    ['which churn@prod', 'reg which churn prod'],
    ["get 'churn#prod' -o model.onnx", "reg load 'churn#prod' -o model.onnx"],
    ['pull churn', 'reg load churn'],
    ['download churn@v1.0.0', 'reg load churn@v1.0.0'],
    ['mv old new', 'reg rename old new'],
    ['get', 'reg load'],
    ['ls --no-such-option', 'reg show'],
    ['ls --help', 'reg show'],
    ['-r ../models ls churn', 'reg -r ../models show churn'],
  ])('%s', async (typed, command) => {
    expect(await hintTo(typed)).toBe(`did you mean: ${command}`);
  });

  test('help on them is the help of the command', async () => {
    expect(await hintTo('help ls')).toBe('did you mean: reg help show');
    expect(await hintTo('help no-such-thing')).toBeDefined();
  });
});

describe('gto spells it otherwise', () => {
  test.each([
    ['assign churn HEAD --stage prod', 'reg assign churn prod --rev HEAD'],
    ['assign churn --stage prod', 'reg assign churn prod'],
    ['assign churn --version v1.0.0 --stage=prod', 'reg assign churn prod --version v1.0.0'],
    ['assign churn abc123 --stage dev --sr', 'reg assign churn dev --rev abc123 --no-register'],
    ['register churn --bump-minor', 'reg register churn --bump minor'],
    ['register churn HEAD --ver v1.2.0', 'reg register churn HEAD --version v1.2.0'],
    ['show --ro', 'reg show --registered-only'],
    ['show -d', 'reg show --deprecated'],
    ['show churn --av 2 --vs -1', 'reg show churn --assignments-per-version 2 --versions-per-stage -1'],
    ['show --plain', 'reg show'],
    ["show 'churn#prod' --version", 'reg which churn prod'],
    ['show churn@greatest --version', 'reg latest churn'],
    ['show churn --version', 'reg show churn --json=version'],
    ['history churn --ascending', 'reg history churn --asc'],
    ['history --plain --asc', 'reg history --asc'],
    ["check-ref 'churn#prod#3' --name", "reg check-ref 'churn#prod#3' --json=artifact"],
    ['check-ref churn@v1.0.0 --version', 'reg check-ref churn@v1.0.0 --json=version'],
    ['deprecate churn v1.0.0', 'reg deregister churn@v1.0.0'],
    ['deprecate churn v1.0.0 prod', 'reg unassign churn@v1.0.0 prod'],
    ['describe churn --path', 'reg describe churn --json=path'],
    ['latest churn --ref', 'reg latest churn --json=tag'],
  ])('%s', async (typed, command) => {
    expect(await hintTo(typed)).toBe(`did you mean: ${command}`);
  });

  test('an option of neither is no reason to guess', async () => {
    expect(await hintTo('show --no-such')).toBe('see: reg show --help');
    expect(await hintTo('show --jsno')).toBe("did you mean '--json'?");
  });
});
