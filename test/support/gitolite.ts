import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Env, Sandbox } from './repo.js';
import { hasSshd, serveSsh } from './ssh-server.js';

/** Whether gitolite and an ssh server are on this machine, and can run as this user. */
export const hasGitolite = hasSshd && spawnSync('gitolite', ['query-rc', '-h']).error === undefined;

/** A gitolite of its own, over an ssh server on loopback. */
export interface Gitolite {
  /** The address of a repository of it. */
  url(name: string): string;
  /** What makes git log in as a person, who has a key. */
  as(person: string): Env;
  /** What gitolite printed about its configuration. */
  warnings: string;
  /** Puts a line before the last one of `.gitolite.rc`. */
  configure(line: string): void;
  close(): void;
}

/**
 * Installs gitolite into a sandbox, and serves it.
 * @param people each gets a key
 * @param config of gitolite: repositories and rules
 */
export async function serveGitolite(
  box: Sandbox,
  people: readonly string[],
  config: string,
): Promise<Gitolite> {
  const root = join(box.root, 'gitolite');
  const home = join(root, 'home');
  mkdirSync(home, { recursive: true });
  const env = { ...box.env, HOME: home, USER: userInfo().username };
  const key = (name: string): string => join(root, name);
  for (const name of ['host', ...people])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key(name)]);
  const [first = ''] = people;
  const setup = (...args: string[]): string => {
    const { status, stderr } = spawnSync('gitolite', ['setup', ...args], { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`gitolite setup: ${stderr}`);
    return stderr;
  };
  setup('-pk', `${key(first)}.pub`);
  for (const name of people)
    writeFileSync(join(home, '.gitolite/keydir', `${name}.pub`), readFileSync(`${key(name)}.pub`));
  appendFileSync(join(home, '.gitolite/conf/gitolite.conf'), config);
  const warnings = setup();
  const { port, close } = await serveSsh(root, {
    hostKey: key('host'),
    authorizedKeys: join(home, '.ssh/authorized_keys'),
    // gitolite is where its account is at home
    settings: [`SetEnv HOME=${home}`],
  });
  return {
    url: (name) => `ssh://${userInfo().username}@127.0.0.1:${port}/${name}`,
    as: (person) => ({
      GIT_SSH_COMMAND: `ssh -F none -i ${key(person)} -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o LogLevel=ERROR`,
      GIT_SSH_VARIANT: 'ssh',
    }),
    warnings,
    configure: (line) => {
      const file = join(home, '.gitolite.rc');
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replace(/^1;$/m, () => `${line}\n\n1;`),
      );
    },
    close,
  };
}
