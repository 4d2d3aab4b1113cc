import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openFolder } from '../../src/stores/folder.js';
import { openWeb } from '../../src/stores/http.js';
import type { ObjectStore } from '../../src/stores/port.js';
import { openSsh } from '../../src/stores/ssh.js';
import { serveFiles } from '../support/file-server.js';
import { refuse } from '../support/file-server-faults.js';
import { hasSshd, serveSftp } from '../support/ssh-server.js';
import type { StoreBench, StorePlace } from './stores-bench.js';

/** With a name that a URL would have to write otherwise. */
const FOLDER = 'team one/ünï#%';

/** What a folder of this machine has, by other means than a store. */
const onDisk = (top: string): Pick<StorePlace, 'put' | 'keys'> => ({
  put: async (key, bytes) => {
    mkdirSync(dirname(join(top, key)), { recursive: true });
    try {
      writeFileSync(join(top, key), bytes);
    } catch (error) {
      // a file system has no file and folder of one name
      if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
    }
  },
  keys: async () =>
    readdirSync(top, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name).slice(top.length + 1)),
});

/** A folder of this machine. */
export const folder: StoreBench = {
  name: 'folder',
  open: async (box) => {
    const top = join(box.root, FOLDER);
    const file = join(box.root, 'plain-file');
    mkdirSync(top, { recursive: true });
    writeFileSync(file, 'x');
    return {
      ...onDisk(top),
      store: async (signal) => openFolder(top, { env: {}, signal }),
      broken: {
        'a file in its place': async () => openFolder(file, { env: {} }),
        'a file above it': async () => openFolder(join(file, 'store'), { env: {} }),
      },
      secrets: [],
      close: async () => undefined,
    };
  },
};

/** A web server. */
export const http: StoreBench = {
  name: 'http',
  cannot: ['write', 'list'],
  open: async (box) => {
    const server = await serveFiles(box.root);
    const closed = await serveFiles(box.root);
    closed.be(refuse(401));
    const env = { REG_HTTP_PRIVATE: 'allow' };
    const open = (url: string, signal?: AbortSignal): Promise<ObjectStore> =>
      openWeb(`${url}${FOLDER.split('/').map(encodeURIComponent).join('/')}`, { env, signal });
    const wrong = closed.url.replace('://', '://canary-user:canary-password@');
    return {
      store: (signal) => open(server.url, signal),
      put: async (key, bytes) => server.put(`${FOLDER}/${key}`, bytes),
      keys: async () => [],
      broken: {
        'a wrong login': () => open(wrong),
        'a port without a server': () => open('http://127.0.0.1:9/'),
      },
      secrets: ['canary-password', Buffer.from('canary-user:canary-password').toString('base64')],
      close: async () => {
        await server.close();
        await closed.close();
      },
    };
  },
};

/** A folder that is reached by ssh, at a server that offers SFTP alone. */
export const ssh: StoreBench = {
  name: 'ssh',
  open: async (box) => {
    const top = join(box.root, FOLDER);
    mkdirSync(top, { recursive: true });
    const server = await serveSftp(box.root);
    const open = async (as?: 'stranger' | 'other host', url = server.url(top)): Promise<ObjectStore> =>
      openSsh(url, {}, { env: { ...box.env, ...server.env(as) } });
    const env = { ...box.env, ...server.env() };
    return {
      ...onDisk(top),
      store: async (signal) => openSsh(server.url(top), {}, { env, signal }),
      broken: {
        'a key that the server does not know': () => open('stranger'),
        'another host in its place': () => open('other host'),
        'a port without a server': () => open(undefined, `ssh://127.0.0.1:9${top}`),
      },
      secrets: [],
      close: async () => server.close(),
    };
  },
};

/** Where no ssh server can run, nothing is tested. */
export const SSH: readonly StoreBench[] = hasSshd ? [ssh] : [];
