import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { versionPath } from '../../src/site/web/site-path.js';
import { runReg } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const clone = box.repository('clone');
clone.commit();
clone.git('remote', 'add', 'origin', 'https://github.com/o/r.git');
mkdirSync(join(box.root, 'home/.ssh/config.d'), { recursive: true });
writeFileSync(
  join(box.root, 'home/.ssh/config'),
  'Include config.d/*.conf\nHost gl-work\n  HostName gitlab.com\n',
);
writeFileSync(join(box.root, 'home/.ssh/config.d/a.conf'), 'Host gh-work\n  HostName GitHub.com\n');
writeFileSync(
  join(box.root, 'home/.gitconfig'),
  '[url "https://ann:canary@github.com/"]\n\tinsteadOf = gh:\n[url "git@gh-work:"]\n\tinsteadOf = work:\n[url "https://mirror.example/"]\n\tinsteadOf = https://gitlab.com/\n',
);

const GITHUB = 'https://github.com/o/r/tags\n';
const GITLAB = 'https://gitlab.com/o/r/-/tags\n';
describe.each(['git', 'embedded'])('browse, REG_GIT=%s', (REG_GIT) => {
  test.each([
    ['https://github.com/o/r.git', GITHUB],
    ['git@GitHub.com:o/r.git', GITHUB],
    ['https://GITLAB.com/o/r', GITLAB],
    ['gh:o/r.git', GITHUB],
    ['work:o/r.git', GITHUB],
    ['git@gh-work:o/r.git', GITHUB],
    ['gh-work:o/r.git', GITHUB],
    ['ssh://git@gl-work:22/o/r.git', GITLAB],
  ])('%s', async (remote, page) => {
    clone.git('remote', 'set-url', 'origin', remote);
    const run = await runReg(box, { cwd: clone.dir, env: { REG_GIT } }, 'browse', '--print');
    expect(run).toMatchObject({ stdout: page, stderr: '', code: 0 });
  });

  test('a host that is no site', async () => {
    clone.git('remote', 'set-url', 'origin', 'git@elsewhere:o/r.git');
    const run = await runReg(box, { cwd: clone.dir, env: { REG_GIT } }, 'browse', '--print');
    expect(run).toMatchObject({ stdout: '', code: 1 });
    expect(run.stderr).not.toContain('canary');
  });
});

test('the pages of a site lead to the source of a model by the same addresses', async () => {
  const registry = box.repository('sources');
  const commit = 'a'.repeat(40);
  const sources = { one: 'gh:o/one.git', two: 'git@gh-work:o/two.git', three: 'git@elsewhere:o/three.git' };
  registry.commit(
    Object.fromEntries(
      Object.entries(sources).map(([name, repo]) => [
        `${name}.model.yaml`,
        `source: {repo: '${repo}', rev: main, commit: ${commit}, path: m.bin}\n`,
      ]),
    ),
  );
  for (const name of Object.keys(sources)) registry.tag(`${name}@v1.0.0`);
  const out = join(box.root, 'pages');
  expect((await runReg(box, { cwd: registry.dir }, 'site', '--out', out)).code).toBe(0);
  const page = (name: string): string => readFileSync(join(out, versionPath(name, 'v1.0.0')), 'utf8');
  expect(page('one')).toContain(`https://github.com/o/one/blob/${commit}/m.bin`);
  expect(page('two')).toContain(`https://github.com/o/two/blob/${commit}/m.bin`);
  expect(page('three')).not.toContain(`blob/${commit}`);
});
