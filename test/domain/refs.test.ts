import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { refFormatProblem } from '../../src/domain/refs.js';

const NAMES = [
  ...[
    'churn@v1.0.0',
    'churn#prod!#10',
    'models=churn@deprecated',
    'a/b/c',
    '@',
    'a@',
    '-a',
    'é',
    '模型@v1.0.0',
    'a{b',
    '{@',
  ],
  ...['a.b', 'a..b', 'a.', '.a', 'a/.b', 'a./b', 'a.lock', 'a.lock/b', 'a.lockb', 'a.LOCK', 'lock', '.lock'],
  ...[
    'a//b',
    '/a',
    'a/',
    '',
    'a b',
    'a\tb',
    'a\nb',
    'a\x7fb',
    'a\x01b',
    'a~b',
    'a^b',
    'a:b',
    'a?b',
    'a*b',
    'a[b',
    'a]b',
    'a\\b',
  ],
  ...[
    'a@{b',
    'a@b{',
    '..',
    '.',
    '...',
    'a/..',
    'a/../b',
    'HEAD',
    'a!b',
    'a$b',
    "a'b",
    'a"b',
    'a`b',
    'a;b',
    'a|b',
    'a\u2028b',
  ],
].map((name) => `refs/tags/${name}`);

const gitRefuses = (refName: string): boolean => spawnSync('git', ['check-ref-format', refName]).status !== 0;

describe('ref names', () => {
  it('are judged as git check-ref-format judges them', () => {
    const ours = NAMES.filter((name) => refFormatProblem(name) !== undefined);
    expect(ours).toEqual(NAMES.filter(gitRefuses));
    expect(ours.length).toBeGreaterThan(20);
  });

  it.each([
    ['refs/tags/a b', 'it holds a character that git does not allow in a ref'],
    ['refs/tags/a..b', "it holds '..'"],
    ['refs/tags/a@{b', "it holds '@{'"],
    ['refs/tags/a.', 'it ends in a dot or a slash'],
    ['refs/tags//a', 'it holds an empty part between slashes'],
    ['refs/tags/.a/b', "its part '.a' begins with a dot"],
    ['refs/tags/a.lock/b', "its part 'a.lock' ends in '.lock'"],
  ])('%j: %s', (refName, problem) => {
    expect(refFormatProblem(refName)).toBe(problem);
  });
});
