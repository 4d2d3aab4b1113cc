import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RegError } from '../../errors.js';
import { cacheMode } from '../../models/cache-mode.js';
import { mayEndWithin } from '../../util/ending.js';
import { cacheFolder } from '../../util/files.js';
import type { Session } from '../session.js';

interface ServeCommandOptions {
  registries?: readonly string[];
  /** Typed before the command. */
  repo?: string;
  host: string;
  port: number;
  baseUrl?: string;
  tokenFile?: string;
  face?: readonly string[];
  s3Port?: number;
  /** Seconds. */
  refresh?: number;
  registriesFile?: string;
}

/** `reg serve` */
export async function serve(session: Session, options: ServeCommandOptions): Promise<void> {
  const { out, open, cwd } = session;
  const { env, now, signal } = out.world;
  const served = await namedRegistries(session, options);
  const { DRAIN_MS, serve: start } = await import('../../serve/server.js');
  mayEndWithin(DRAIN_MS + 1000);
  const server = await start({
    registries: served.map(({ name, repo }) => ({ name, open: () => open(repo, { isLasting: true }) })),
    cache: cacheFolder(env),
    mode: cacheMode(env),
    now,
    signal,
    host: options.host,
    port: options.port,
    baseUrl: options.baseUrl === undefined ? undefined : webAddress(options.baseUrl),
    tokenFile: options.tokenFile === undefined ? undefined : resolve(cwd, options.tokenFile),
    faces: options.face,
    s3Port: options.s3Port,
    refreshMs: options.refresh === undefined ? undefined : options.refresh * 1000,
    isAlone: true,
    onLine: (lines) => void out.world.stderr.write(`${lines}\n`),
  });
  const { url, s3Url, faces } = server;
  const row = { url, s3: s3Url ?? null, faces: [...faces], registries: served.map(({ name }) => name) };
  await out.answer(row, () => [url]);
  await server.closed;
}

function webAddress(url: string): string {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url;
  throw new RegError('USAGE', `'${url}' is no web address`, 'write one such as https://models.example.com');
}

interface NamedRegistry {
  name: string;
  repo: string | undefined;
}

const NAMED = /^([A-Za-z0-9][A-Za-z0-9_-]*)=(.+)$/s;

/** The registries to serve: several under their names, or one without. */
async function namedRegistries(
  { cwd }: Session,
  { registries = [], registriesFile, repo }: ServeCommandOptions,
): Promise<NamedRegistry[]> {
  const texts = [
    ...registries,
    ...(registriesFile === undefined ? [] : await listed(resolve(cwd, registriesFile))),
  ];
  if (texts.length === 0) return [{ name: '', repo }];
  const found = texts.map((text): NamedRegistry => {
    const [, name = '', place = text] = NAMED.exec(text) ?? [];
    return { name, repo: place };
  });
  const seen = new Set<string>();
  for (const { name, repo: place } of found) {
    if (found.length > 1 && name === '')
      throw new RegError(
        'USAGE',
        `several registries are served, and ${place} has no name`,
        'give each as --repo NAME=<path|url>',
      );
    if (seen.has(name))
      throw new RegError('USAGE', `two registries have the name '${name}'`, 'give each a name of its own');
    seen.add(name);
  }
  return found;
}

async function listed(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new RegError('USAGE', `cannot read ${file}: ${error.message}`, 'give the file of --registries');
  });
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}
