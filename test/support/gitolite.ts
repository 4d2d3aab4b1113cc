import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Env, Sandbox } from './repo.js';

const SSHD = '/usr/sbin/sshd';
/** Where sshd of root changes its root to; its package makes it at the start of the system. */
const SSHD_FOLDER = '/run/sshd';
/** A server that outlives its test ends by itself. */
const LIFETIME_S = 300;

/** Whether gitolite and an ssh server are on this machine, and can run as this user. */
export const hasGitolite =
  existsSync(SSHD) &&
  (process.getuid?.() !== 0 || existsSync(SSHD_FOLDER)) &&
  [
    ['gitolite', 'query-rc', '-h'],
    ['ssh', '-V'],
    ['ssh-keygen', '-?'],
  ].every(([program = '', ...args]) => spawnSync(program, args).error === undefined);

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
  const port = await freePort();
  const settings = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${key('host')}`,
    'PidFile none',
    `AuthorizedKeysFile ${join(home, '.ssh/authorized_keys')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    // gitolite is where its account is at home
    `SetEnv HOME=${home}`,
  ];
  writeFileSync(join(root, 'sshd_config'), `${settings.join('\n')}\n`);
  const server = spawn('timeout', [String(LIFETIME_S), SSHD, '-D', '-f', join(root, 'sshd_config')], {
    stdio: 'ignore',
  });
  await listening(port);
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
    close: () => void server.kill(),
  };
}

/** A port that nothing listens at. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error('the ssh server does not listen');
}
