import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SSHD = '/usr/sbin/sshd';
/** Where sshd of root changes its root to; its package makes it at the start of the system. */
const SSHD_FOLDER = '/run/sshd';
/** A server that outlives its test ends by itself. */
const LIFETIME_S = 300;

/** Whether an ssh server is on this machine, and can run as this user. */
export const hasSshd =
  existsSync(SSHD) &&
  (process.getuid?.() !== 0 || existsSync(SSHD_FOLDER)) &&
  [
    ['ssh', '-V'],
    ['ssh-keygen', '-?'],
  ].every(([program = '', ...args]) => spawnSync(program, args).error === undefined);

/** What an ssh server is told beside its port. */
interface SshSettings {
  /** Files: the key of the host, and the keys that may log in. */
  hostKey: string;
  authorizedKeys: string;
  /** More lines of its configuration (sshd_config(5)). */
  settings?: readonly string[];
}

/** Serves ssh on loopback, for this user. */
export async function serveSsh(
  folder: string,
  { hostKey, authorizedKeys, settings = [] }: SshSettings,
): Promise<{ port: number; close(): void }> {
  const port = await freePort();
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    'PidFile none',
    `AuthorizedKeysFile ${authorizedKeys}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    ...settings,
  ];
  const file = join(folder, 'sshd_config');
  writeFileSync(file, `${lines.join('\n')}\n`);
  const server = spawn('timeout', [String(LIFETIME_S), SSHD, '-D', '-f', file], { stdio: 'ignore' });
  await listening(port);
  return { port, close: () => void server.kill() };
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

/** An SFTP server of its own: two keys, of which it takes the first, and a host that is known. */
export interface SftpServer {
  /** Of a folder by its absolute path. */
  url(folder: string): string;
  /** What makes ssh log in: with the key of a stranger, or to a host whose key is not the one that is known. */
  env(as?: 'friend' | 'stranger' | 'other host'): { GIT_SSH_COMMAND: string };
  /** The options of ssh for the friend, one a line of ssh_config(5). */
  config: string;
  port: number;
  key: string;
  close(): void;
}

/**
 * Serves SFTP alone: no login runs a program.
 * @param folder for its keys and its configuration
 */
export async function serveSftp(folder: string): Promise<SftpServer> {
  const key = (name: string): string => join(folder, name);
  for (const name of ['host', 'other-host', 'friend', 'stranger'])
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key(name)]);
  const { port, close } = await serveSsh(folder, {
    hostKey: key('host'),
    authorizedKeys: key('friend.pub'),
    settings: ['Subsystem sftp internal-sftp', 'ForceCommand internal-sftp'],
  });
  const known = (name: string, file: string): string => {
    const line = spawnSync('cat', [key(`${name}.pub`)], { encoding: 'utf8' }).stdout;
    writeFileSync(key(file), `[127.0.0.1]:${port} ${line}`);
    return key(file);
  };
  const files = { friend: known('host', 'known'), other: known('other-host', 'known-other') };
  const options = (name: string, hosts: string): string[] => [
    `IdentityFile=${key(name)}`,
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${hosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
  ];
  return {
    url: (path) => `ssh://127.0.0.1:${port}${path}`,
    env: (as = 'friend') => {
      const all = options(
        as === 'stranger' ? 'stranger' : 'friend',
        as === 'other host' ? files.other : files.friend,
      );
      return { GIT_SSH_COMMAND: `ssh -F none ${all.map((one) => `-o ${one}`).join(' ')}` };
    },
    config: options('friend', files.friend).join('\n'),
    port,
    key: key('friend'),
    close,
  };
}
