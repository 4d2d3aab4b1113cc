import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PROGRAM } from '../support/cli.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
/** The tool pre-commit, which `.ci/run` installs. */
const { REG_PRE_COMMIT: tool = '' } = process.env;
const root = new URL('../../', import.meta.url).pathname;
const MANIFEST = join(root, '.pre-commit-hooks.yaml');
const ONE_FILE = join(root, 'dist/reg.cjs');
/** The configurations of pre-commit in the manual: with this repository, and with a program that is installed. */
const CONFIGURATIONS = [
  ...readFileSync(join(root, 'docs/ci.md'), 'utf8').matchAll(/```yaml\n(repos:\n.*?)```/gs),
];
const [RELEASED = '', LOCAL = ''] = CONFIGURATIONS.map(([, text]) => text);

test('the hook of the manual is the one that this repository offers', () => {
  const [offered] = parse(readFileSync(MANIFEST, 'utf8'));
  const [{ hooks }] = parse(LOCAL).repos;
  const entry = [offered.entry.replace('dist/reg.cjs', 'reg'), ...offered.args].join(' ');
  expect(hooks).toMatchObject([{ id: offered.id, entry, files: offered.files, require_serial: true }]);
});

describe.runIf(tool !== '')('pre-commit itself', () => {
  test('takes the hooks of this repository', () => {
    execFileSync(tool, ['validate-manifest', MANIFEST], { env: box.env });
  });

  /** A repository with the hooks and the program, as the tag of a release has them. */
  const release = box.repository('release');
  const asReleased = (): string => {
    release.commit({
      '.pre-commit-hooks.yaml': readFileSync(MANIFEST),
      'dist/reg.cjs': readFileSync(ONE_FILE),
    });
    release.git('update-index', '--chmod=+x', 'dist/reg.cjs');
    release.git('commit', '--quiet', '--amend', '--no-edit');
    release.tag('v0.1.0');
    return RELEASED.replace('https://github.com/mycompany/reg', `file://${release.dir}`);
  };

  test.each([
    ['of a release', asReleased],
    ['of the manual', () => LOCAL],
  ])('runs the hook %s, and refuses a commit of a wrong link', (name, configuration) => {
    const registry = box.repository(name);
    const bin = join(box.root, `bin of ${name}`);
    mkdirSync(bin);
    if (name === 'of the manual') {
      writeFileSync(join(bin, 'reg'), `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
      chmodSync(join(bin, 'reg'), 0o755);
    }
    const env = { ...box.env, PATH: `${bin}:${box.env.PATH}`, PRE_COMMIT_HOME: join(box.root, 'cache') };
    registry.commit({ '.pre-commit-config.yaml': configuration(), 'm.bin': 'bytes' });
    execFileSync(tool, ['install'], { cwd: registry.dir, env, stdio: 'pipe' });
    const commit = (link: string) => {
      writeFileSync(join(registry.dir, 'churn.model.yaml'), link);
      registry.git('add', 'churn.model.yaml');
      return spawnSync('git', ['commit', '--message', 'Link churn'], {
        cwd: registry.dir,
        env,
        encoding: 'utf8',
      });
    };
    const refused = commit('source: {path: nowhere.bin}\n');
    expect(refused.stderr).toContain('churn.model.yaml:1: ');
    expect(refused.status).toBe(1);
    expect(commit('source: {path: m.bin}\n').status).toBe(0);
    expect(registry.git('log', '--format=%s', '-1')).toBe('Link churn');
  });
});
