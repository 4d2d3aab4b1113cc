import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startReg } from '../support/cli.js';
import type { Env, Repository, Sandbox } from '../support/repo.js';
import { bytesIn, type Row, rowsOf, textIn } from './corpus.js';
import { type RawEntry, rawObjects } from './objects.js';

/** One hostile link of a registry: the file `a-<number>.model.yaml`. */
export interface HostileLink extends Row {
  kind: string;
  artifact: string;
  bytes: Buffer;
}

/** A text as a scalar of YAML, whatever is in it: JSON is YAML. */
const scalar = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\x7f-\uffff]/g,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const KINDS: Readonly<Record<string, (text: string) => string>> = {
  revs: (rev) => `source: {repo: ../research, rev: ${scalar(rev)}, path: m.bin}\n`,
  repos: (repo) => `source: {repo: ${scalar(repo)}, rev: main, path: m.bin}\n`,
  urls: (url) => `source: {url: ${scalar(url)}}\n`,
  hosts: (host) => `source: {url: ${scalar(`http://${host}/m.bin`)}}\n`,
  paths: (path) => `source: {repo: ../research, rev: main, path: ${scalar(path)}}\n`,
};

/** A link file for every row that fits into one. */
export function hostileLinks(): HostileLink[] {
  const links = rowsOf('links').map((row) => ({ ...row, kind: 'links', bytes: bytesIn(row.input) }));
  const others = Object.entries(KINDS).flatMap(([kind, link]) =>
    rowsOf(kind).map((row) => ({ ...row, kind, bytes: Buffer.from(link(textIn(row.input))) })),
  );
  return [...links, ...others].map((one, number) => ({ ...one, artifact: `a-${number}` }));
}

/** Names of files that are there, and must not be written. */
const DANGEROUS = [
  '\u001b[2Jm.bin',
  'CON',
  'm.bin ',
  'm.bin.',
  'm.bin\n',
  'm.bin:x',
  'm\u009b.bin',
  '\u202enib.m',
];

/** Makes the repository that hostile revs and paths are asked of. */
export function makeHostileResearch(box: Sandbox): Repository {
  const research = box.repository('research');
  const { blob, tree, commit } = rawObjects(research);
  const [link, here, away] = ['m.bin', 'folder', '../../../../../../../../../etc'].map(blob);
  const model = blob('the bytes of a model');
  const folder = tree(['100644', 'a.bin', model]);
  const entries: RawEntry[] = [
    ['40000', '.git', tree(['100644', 'HEAD', model])],
    ...DANGEROUS.map((name): RawEntry => ['100644', name, model]),
    ['40000', 'folder', folder],
    ['120000', 'link', link ?? ''],
    ['100644', 'm.bin', model],
    ['120000', 'to-etc', away ?? ''],
    ['120000', 'to-folder', here ?? ''],
    ['40000', 'with-link', tree(['100644', 'a.bin', model], ['120000', 'passwords', away ?? ''])],
  ];
  // git looks entries up in the order of their names
  const top = tree(...entries.sort(([, a], [, b]) => (a < b ? -1 : 1)));
  research.git('update-ref', 'refs/heads/main', commit(top));
  research.tag('v1');
  research.tag('on-a-blob', 'A file', model);
  research.tag('on-a-tree', 'A folder', folder);
  research.tag('on-a-tag', 'A tag', 'on-a-blob');
  return research;
}

/** How one run ended; the code is null when it had to be ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Seconds after which a run is taken for one that never ends; none takes a tenth of it. */
const BOUND = 60;

/** Runs `reg` to its end, or ends it: a hostile input must not keep anybody waiting. */
export async function runBounded(box: Sandbox, cwd: string, env: Env, args: string[]): Promise<Ended> {
  const child = startReg(box, { cwd, env }, args);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (chunk: Buffer) => {
      output[name] += chunk.toString();
    });
  child.stdin?.end();
  // its group, so that nothing that it started stays
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), BOUND * 1000);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  clearTimeout(timer);
  return { code, ...output };
}

/** Runs some calls, so many at a time. */
export async function atMost<T>(count: number, calls: readonly (() => Promise<T>)[]): Promise<T[]> {
  const ended: T[] = [];
  const waiting = [...calls.entries()];
  const work = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) ended[one[0]] = await one[1]();
  };
  await Promise.all(Array.from({ length: count }, work));
  return ended;
}

/** Everything below a folder by path, but for what lies in some folders. */
export const filesBut = (root: string, ...skipped: string[]): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => !skipped.some((one) => path === one || path.startsWith(`${one}/`)))
    .sort();

/** An `ssh` that writes down what it is asked and connects to nothing. */
export interface FakeSsh {
  env: Env;
  /** One line for each call: the words that it was given, in brackets. */
  calls(): string[];
}

/** Installs it in a sandbox. */
export function fakeSsh(box: Sandbox): FakeSsh {
  const folder = join(box.root, 'bin');
  mkdirSync(folder);
  const [program, log] = [join(folder, 'ssh'), join(folder, 'ssh.log')];
  writeFileSync(log, '');
  writeFileSync(program, `#!/bin/sh\n{ printf '[%s]' "$@"; echo; } >> '${log}'\nexit 255\n`);
  chmodSync(program, 0o755);
  return {
    env: { GIT_SSH: program, GIT_SSH_VARIANT: 'ssh' },
    calls: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
  };
}
