import { describe, expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn', 'fraud');
for (const tag of ['churn@v1.0.0', 'churn#prod#1', 'fraud@v1.0.0', 'fraud#staging#1']) registry.tag(tag);
const reg = regIn(box, registry.dir);

test('what is typed wrong ends with exit code 2', async () => {
  expect(
    transcript(
      await reg('show', '--jsno'),
      await reg('which', 'churn'),
      await reg('which', 'churn', 'prod', 'more'),
      await reg('register', 'churn', '--bump', 'huge'),
      await reg('register', 'churn', '--bump', 'minor', '--version', 'v2.0.0'),
      await reg('register', 'churn', '--version', '1.2'),
      await reg('register', '-x-'),
      await reg('assign', 'churn', '#prod'),
      await reg('assign', 'churn@v1.0.0', 'dev', '--rev', 'HEAD'),
      await reg('assign', 'churn#prod', 'dev'),
      await reg('show', '--at', 'tomorrow'),
      await reg('show', '--at', '2026-02-31'),
      await reg('history', '-n', 'many'),
      await reg('load', 'churn', '--at', '2026-01-01'),
      await reg('link', 'model.bin', 'churn', '--label', 'novalue'),
      await reg('show', '--color', 'pink'),
    ),
  ).toMatchInlineSnapshot(`
    "$ reg show --jsno
    -- stderr --
    error: unknown option '--jsno'
    hint: did you mean '--json'?
    -- exit 2 --

    $ reg which churn
    -- stderr --
    error: missing required argument 'stage'
    hint: name a stage; see those of an artifact with: reg show churn
    -- exit 2 --

    $ reg which churn prod more
    -- stderr --
    error: too many arguments for 'which'. Expected 2 arguments but got 3.
    hint: see: reg which --help
    -- exit 2 --

    $ reg register churn --bump huge
    -- stderr --
    error: option '--bump <part>' argument 'huge' is invalid. Allowed choices are major, minor, patch, prerelease, release.
    hint: see: reg register --help
    -- exit 2 --

    $ reg register churn --bump minor --version v2.0.0
    -- stderr --
    error: a version is either given or raised, not both
    hint: leave out the version or --bump
    -- exit 2 --

    $ reg register churn --version 1.2
    -- stderr --
    error: '1.2' is not a version: a version has three numbers, and the third is missing
    hint: write a SemVer such as v1.2.0
    -- exit 2 --

    $ reg register -x-
    -- stderr --
    error: unknown option '-x-'
    hint: see: reg register --help
    -- exit 2 --

    $ reg assign churn '#prod'
    -- stderr --
    error: '#prod' is not a stage name: it holds '#'
    hint: give the name alone: prod
    -- exit 2 --

    $ reg assign churn@v1.0.0 dev --rev HEAD
    -- stderr --
    error: both a version and a rev are given
    hint: give one of artifact@version, --version and --rev
    -- exit 2 --

    $ reg assign 'churn#prod' dev
    -- stderr --
    error: 'churn#prod' names a stage where a version is wanted
    hint: write churn@VERSION
    -- exit 2 --

    $ reg show --at tomorrow
    -- stderr --
    error: 'tomorrow' is not a time
    hint: write 2026-05-03, 2026-05-03T14:30:00Z, now, today, yesterday or '2 days ago'
    -- exit 2 --

    $ reg show --at 2026-02-31
    -- stderr --
    error: '2026-02-31' is not a time
    hint: write 2026-05-03, 2026-05-03T14:30:00Z, now, today, yesterday or '2 days ago'
    -- exit 2 --

    $ reg history -n many
    -- stderr --
    error: option '-n, --limit <count>' argument 'many' is invalid. write a whole number.
    hint: see: reg history --help
    -- exit 2 --

    $ reg load churn --at 2026-01-01
    -- stderr --
    error: a time needs a stage or a version to ask about
    hint: write churn#STAGE or churn@latest
    -- exit 2 --

    $ reg link model.bin churn --label novalue
    -- stderr --
    error: option '--label <key=value>' argument 'novalue' is invalid. write key=value.
    hint: see: reg link --help
    -- exit 2 --

    $ reg show --color pink
    -- stderr --
    error: option '--color <when>' argument 'pink' is invalid. Allowed choices are auto, always, never.
    hint: see: reg show --help
    -- exit 2 --
    "
  `);
});

describe('with --json', () => {
  test.each([
    [['which', 'chrun', 'prod', '--json'], 1, 'UNKNOWN_ARTIFACT', "did you mean 'churn'?"],
    [['--json', 'which', 'churn', 'staging'], 1, expect.any(String), expect.any(String)],
    [['register', 'churn', '--version', 'one', '--json'], 2, 'INVALID_VERSION', expect.any(String)],
    [['no-such-command', '--json'], 2, 'USAGE', expect.any(String)],
    [
      ['register', 'churn', 'HEAD', '--version', '1.0.0', '--json'],
      1,
      'ALREADY_REGISTERED',
      expect.any(String),
    ],
    [['link', 'x', 'y', '--source', '../nowhere', '--json'], 1, 'NO_REPOSITORY', expect.any(String)],
  ])('%j', async (args, exitCode, code, hint) => {
    const run = await reg(...args);
    expect(run).toMatchObject({ stdout: '', code: exitCode });
    expect(JSON.parse(run.stderr)).toEqual({ error: { code, message: expect.any(String), hint } });
  });
});

test('an unknown command', async () => {
  expect(await reg('shwo')).toMatchObject({ stdout: '', stderr: expect.stringMatching(/^error: /), code: 2 });
});

test('help and the version are answers', async () => {
  const help = await reg('--help');
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toContain('register');
  expect(await reg('assign', '--help')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('--version'),
  });
  expect(await reg('--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/),
  });
});
