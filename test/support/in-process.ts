import { createHash } from 'node:crypto';
import {
  appendFileSync,
  type BigIntStats,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { writeLoose } from './loose-objects.js';

// The commonest writes of fixtures as git does them, byte for byte, without a process, and what they ask most: much of the time of the
// tests is that of starting git. Each gives undefined, and has written nothing, where anything is out of the ordinary: then git has to do it.

type Env = Readonly<Record<string, string>>;

/** What sandboxes set for git; with any other variable, git has to do the work. */
const USUAL = new Set(
  'CONFIG_NOSYSTEM TERMINAL_PROMPT TEMPLATE_DIR TEST_FSYNC AUTHOR_NAME AUTHOR_EMAIL AUTHOR_DATE COMMITTER_NAME COMMITTER_EMAIL COMMITTER_DATE'
    .split(' ')
    .map((name) => `GIT_${name}`),
);
const isUsual = (env: Env): boolean =>
  Object.keys(env).every((name) => !name.startsWith('GIT_') || USUAL.has(name)) &&
  textOf(join(env.HOME ?? '', '.gitconfig')) === undefined &&
  !existsSync(join(env.HOME ?? '', '.config'));

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // it is not there, or a folder is in its place
    return undefined;
  }
};

/** The files and folders of a repository that git has just made, with the options of that. */
const made = new Map<string, [path: string, content: Buffer | undefined][]>();

/** Makes an empty repository as one of the same options was made before; true where that was possible. */
export function initialize(dir: string, options: readonly string[], env: Env): boolean {
  const entries = made.get(options.join('\0'));
  if (entries === undefined || !isUsual(env) || existsSync(dir)) return false;
  mkdirSync(dir, { recursive: true });
  for (const [path, content] of entries) {
    if (content === undefined) mkdirSync(join(dir, path), { recursive: true });
    else writeFileSync(join(dir, path), content);
  }
  return true;
}

/** Remembers what git made of nothing. */
export function remember(dir: string, options: readonly string[], env: Env): void {
  if (!isUsual(env)) return;
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
    .map((entry): [string, Buffer | undefined] => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(dir.length + 1), entry.isDirectory() ? undefined : readFileSync(path)];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
  made.set(options.join('\0'), entries);
}

interface Plain {
  /** The folder of git. */
  folder: string;
  /** The branch that HEAD names. */
  branch: string;
  /** Its commit; undefined when there is none yet. */
  head: string | undefined;
}

/** What may be in the configuration of a repository: nothing that changes how objects and refs are written. */
const PLAIN_CONFIG =
  /^\s*(\[core\]|\[(remote|branch) "[^"]*"\]|(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|url|fetch|remote|merge|tagopt)\s*=.*|)$/i;

/** A repository of no special kind, on a branch that may have no commit yet. */
function plainAt(dir: string, env: Env): Plain | undefined {
  if (!isUsual(env)) return undefined;
  const inside = join(dir, '.git');
  const folder = existsSync(inside) ? inside : dir;
  const config = textOf(join(folder, 'config'));
  const [, ref = '', branch = ''] =
    /^ref: (refs\/heads\/([\w-]+))\n$/.exec(textOf(join(folder, 'HEAD')) ?? '') ?? [];
  if (config === undefined || ref === '') return undefined;
  if (/repositoryformatversion = [^0]/.test(config)) return undefined;
  if (!config.split('\n').every((line) => PLAIN_CONFIG.test(line))) return undefined;
  const [, packed] =
    new RegExp(`^([0-9a-f]{40}) ${ref}$`, 'm').exec(textOf(join(folder, 'packed-refs')) ?? '') ?? [];
  const head = textOf(join(folder, ref))?.trim() ?? packed;
  return head === undefined || isOid(head) ? { folder, branch, head } : undefined;
}

const isOid = (text: string): boolean => /^[0-9a-f]{40}$/.test(text);

/** Whether git would store a message as it is. */
const isPlainMessage = (text: string): boolean =>
  /^[^\s#]/.test(text) && !/[^\S\n]\n|\n#|\n{3}|\n\n$|[^\S\n]$|\0/.test(text);
const withEnd = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

/** Who does it and when, as objects say it. */
function stamp(env: Env, who: 'AUTHOR' | 'COMMITTER'): string | undefined {
  const [name = '', email = ''] = [env[`GIT_${who}_NAME`], env[`GIT_${who}_EMAIL`]];
  const [, date] = /^@(\d+ \+0000)$/.exec(env[`GIT_${who}_DATE`] ?? '') ?? [];
  if (!/^[\w ]*\w$/.test(name) || !/^[\w@.]*\w$/.test(email) || date === undefined) return undefined;
  return `${name} <${email}> ${date}`;
}

/** Writes a loose object where there is none yet; gives its id. */
const write = (folder: string, type: string, content: string | Uint8Array): string =>
  writeLoose(join(folder, 'objects'), type, content);

/** The commit that a rev such as `HEAD~2`, or the branch, names; undefined where that takes git to say. */
function commitOf(
  { folder, branch, head }: Plain,
  rev: string,
  taken: readonly string[],
): string | undefined {
  if (rev === branch && !taken.includes(rev) && !existsSync(join(folder, 'refs/tags', rev))) return head;
  const steps = /^HEAD(?:~(\d+))?$/.exec(rev);
  if (head === undefined || steps === null) return undefined;
  let commit: string | undefined = head;
  for (let n = Number(steps[1] ?? 0); n > 0 && commit !== undefined; n -= 1) {
    const file = join(folder, 'objects', commit.slice(0, 2), commit.slice(2));
    if (!existsSync(file)) return undefined;
    commit = /^parent ([0-9a-f]{40})$/m.exec(inflateSync(readFileSync(file)).toString())?.[1];
  }
  return commit;
}

/** `git tag --annotate`; gives the id of the tag. */
export function tagHere(
  dir: string,
  env: Env,
  name: string,
  message: string,
  rev: string,
): string | undefined {
  const plain = plainAt(dir, env);
  const tagger = stamp(env, 'COMMITTER');
  if (plain === undefined || tagger === undefined || !isPlainMessage(message)) return undefined;
  if (!/^[\w=]+([@#!./-]*[\w=]+)*!?$/.test(name) || /\.\.|\/\/|\/\.|\.\/|\.lock/.test(name)) return undefined;
  const ref = join(plain.folder, 'refs/tags', name);
  const packed = textOf(join(plain.folder, 'packed-refs')) ?? '';
  const taken = [...packed.matchAll(/ refs\/tags\/(.*)$/gm)].map(([, one = '']) => one);
  if (existsSync(ref) || existsSync(join(plain.folder, 'hooks/reference-transaction'))) return undefined;
  if (taken.some((one) => `${one}/`.startsWith(`${name}/`) || name.startsWith(`${one}/`))) return undefined;
  const commit = commitOf(plain, rev, taken);
  if (commit === undefined) return undefined;
  try {
    mkdirSync(dirname(ref), { recursive: true });
  } catch {
    // a tag is where its folder would be
    return undefined;
  }
  const head = `object ${commit}\ntype commit\ntag ${name}\ntagger ${tagger}\n\n`;
  const oid = write(plain.folder, 'tag', `${head}${withEnd(message)}`);
  writeFileSync(ref, `${oid}\n`);
  return oid;
}

/** `git rev-parse` of HEAD, of a commit behind it, or of the full name of a ref. */
export function revHere(dir: string, env: Env, rev: string): string | undefined {
  const plain = plainAt(dir, env);
  if (plain === undefined) return undefined;
  if (!/^refs\/(tags|heads)\/[\w=@#!./-]+$/.test(rev)) return commitOf(plain, rev, []);
  const oid = textOf(join(plain.folder, rev))?.trim();
  return oid !== undefined && isOid(oid) ? oid : undefined;
}

/** The names of all tags, as git sorts them. */
export function tagsHere(dir: string, env: Env): string[] | undefined {
  const plain = plainAt(dir, env);
  if (plain === undefined) return undefined;
  const root = join(plain.folder, 'refs/tags');
  const packed = textOf(join(plain.folder, 'packed-refs')) ?? '';
  const names = new Set([...packed.matchAll(/ refs\/tags\/(.*)$/gm)].map(([, name = '']) => name));
  const entries = existsSync(root) ? readdirSync(root, { recursive: true, withFileTypes: true }) : [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const file = join(entry.parentPath, entry.name);
    // git leaves out what is no ref
    if (!/^[0-9a-f]{40}\n$/.test(textOf(file) ?? '') || file.endsWith('.lock')) return undefined;
    names.add(file.slice(root.length + 1));
  }
  return [...names].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

interface Entry {
  path: string;
  oid: string;
  stats: BigIntStats;
}
const LARGE = 100_000n;
const SPECIAL = /^\.git/;

/** The files of a work tree; undefined where git would not take each of them as it is. */
function filesOf(root: string, below = ''): Omit<Entry, 'oid'>[] | undefined {
  const found: Omit<Entry, 'oid'>[] = [];
  for (const name of readdirSync(join(root, below))) {
    const path = below === '' ? name : `${below}/${name}`;
    if (path === '.git') continue;
    if (SPECIAL.test(name) || name.includes('\\')) return undefined;
    const stats = lstatSync(join(root, path), { bigint: true, throwIfNoEntry: false });
    // a name that is not UTF-8 was read as another one
    if (stats === undefined) return undefined;
    if (stats.isDirectory()) {
      const inside = filesOf(root, path);
      if (inside === undefined) return undefined;
      found.push(...inside);
    } else if (!stats.isFile() || (stats.mode & 0o111n) !== 0n || stats.size > LARGE) {
      return undefined;
    } else {
      found.push({ path, stats });
    }
  }
  return found;
}

/** Writes the trees of files; gives the id of the topmost. */
function writeTree(folder: string, entries: readonly Entry[], depth = 0): string {
  const items = new Map<string, Entry[]>();
  for (const entry of entries) {
    const [first = '', ...rest] = entry.path.split('/').slice(depth);
    const key = rest.length > 0 ? `${first}/` : first;
    const known = items.get(key);
    if (known === undefined) items.set(key, [entry]);
    else known.push(entry);
  }
  const rows = [...items]
    .map(([key, inside]) => ({ key: Buffer.from(key), inside }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ key, inside: [first, ...rest] }) => {
      const isTree = key.at(-1) === 0x2f;
      const inside = first === undefined ? rest : [first, ...rest];
      const oid = isTree ? writeTree(folder, inside, depth + 1) : (first?.oid ?? '');
      const name = isTree ? key.subarray(0, -1) : key;
      return Buffer.concat([
        Buffer.from(isTree ? '40000 ' : '100644 '),
        name,
        Buffer.of(0),
        Buffer.from(oid, 'hex'),
      ]);
    });
  return write(folder, 'tree', Buffer.concat(rows));
}

/** The bytes of an index of version 2 (gitformat-index(5)). */
function indexOf(entries: readonly Entry[]): Buffer {
  const header = Buffer.from('DIRC\0\0\0\x02\0\0\0\0', 'latin1');
  header.writeUInt32BE(entries.length, 8);
  const rows = entries.map(({ path, oid, stats }) => {
    const name = Buffer.from(path);
    const row = Buffer.alloc(Math.ceil((62 + name.length + 1) / 8) * 8);
    const billion = 1_000_000_000n;
    const numbers = [
      stats.ctimeNs / billion,
      stats.ctimeNs % billion,
      stats.mtimeNs / billion,
      stats.mtimeNs % billion,
      stats.dev,
      stats.ino,
      0o100644n,
      stats.uid,
      stats.gid,
      stats.size,
    ];
    for (const [place, number] of numbers.entries())
      row.writeUInt32BE(Number(BigInt.asUintN(32, number)), place * 4);
    row.write(oid, 40, 'hex');
    row.writeUInt16BE(Math.min(name.length, 0xfff), 60);
    name.copy(row, 62);
    return row;
  });
  const body = Buffer.concat([header, ...rows]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** States in which git does more than a commit, or refuses one. */
const BUSY = [
  'index.lock',
  'MERGE_HEAD',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'rebase-merge',
  'info/exclude',
  'info/attributes',
  'info/sparse-checkout',
  'objects/info/alternates',
];

/** `git add --all` and `git commit --allow-empty`; gives the id of the commit. */
export function commitHere(dir: string, env: Env, message: string): string | undefined {
  const plain = plainAt(dir, env);
  const [author, committer] = [stamp(env, 'AUTHOR'), stamp(env, 'COMMITTER')];
  if (plain === undefined || author === undefined || committer === undefined) return undefined;
  const { folder, branch, head } = plain;
  if (folder === dir || !isPlainMessage(message)) return undefined;
  if (BUSY.some((name) => existsSync(join(folder, name)))) return undefined;
  if (existsSync(join(folder, 'hooks')) && readdirSync(join(folder, 'hooks')).length > 0) return undefined;
  const files = filesOf(dir);
  if (files === undefined) return undefined;
  const entries = files
    .map((file) => ({ ...file, oid: write(folder, 'blob', readFileSync(join(dir, file.path))) }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const tree = writeTree(folder, entries);
  writeFileSync(join(folder, 'index'), indexOf(entries));
  const parent = head === undefined ? '' : `parent ${head}\n`;
  const oid = write(
    folder,
    'commit',
    `tree ${tree}\n${parent}author ${author}\ncommitter ${committer}\n\n${withEnd(message)}`,
  );
  const ref = `refs/heads/${branch}`;
  writeFileSync(join(folder, ref), `${oid}\n`);
  const [subject = ''] = message.split('\n');
  const what = head === undefined ? 'commit (initial)' : 'commit';
  const line = `${head ?? '0'.repeat(40)} ${oid} ${committer}\t${what}: ${subject}\n`;
  for (const name of ['HEAD', ref]) {
    const log = join(folder, 'logs', name);
    mkdirSync(dirname(log), { recursive: true });
    appendFileSync(log, line);
  }
  return oid;
}
