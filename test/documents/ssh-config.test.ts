import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sshHostName } from '../../src/documents/ssh-config.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const hasSsh = spawnSync('ssh', ['-V']).status === 0;

test.each([
  ['', 'work', 'work'],
  ['Host work\n  HostName github.com\n', 'work', 'github.com'],
  ['host=work\nhostname = "github.com"\n', 'work', 'github.com'],
  ['# Host work\nHost other\n HostName other.example\n', 'work', 'work'],
  ['Host other work\n HostName github.com\nHost *\n HostName all.example\n', 'work', 'github.com'],
  ['Host * !work\n HostName all.example\nHost w?rk\n HostName gitlab.com\n', 'work', 'gitlab.com'],
  ['Host *.corp\n HostName %h.example\n', 'git.corp', 'git.corp.example'],
  ['Host a.b\n HostName wrong.example\n', 'axb', 'axb'],
  ['HostName first.example\nHost work\n HostName github.com\n', 'work', 'first.example'],
  ['Match all\n HostName github.com\n', 'work', 'github.com'],
])('%j: %s is %s, as for ssh', (text, host, name) => {
  expect(sshHostName(text, host)).toBe(name);
  if (!hasSsh) return;
  const file = join(box.root, 'config');
  writeFileSync(file, text, { mode: 0o600 });
  const shown = execFileSync('ssh', ['-F', file, '-G', host], {
    encoding: 'utf8',
    env: box.env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(/^hostname (.*)$/m.exec(shown)?.[1]).toBe(name);
});
