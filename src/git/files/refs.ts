import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { compareText } from '../../domain/order.js';
import { refFormatProblem } from '../../domain/refs.js';
import { RegError } from '../../errors.js';
import { NO_OBJECT } from '../port.js';
import { askEach } from './objects.js';
import { textOf } from './place.js';

/** A ref as it is stored. */
export interface StoredRef {
  /** The full name. */
  name: string;
  oid: Oid;
  /** The object that a tag leads to, where that is stored; null for an object that is not a tag. */
  peeled?: Oid | null;
}

/** The refs of a repository, read from its files (gitrepository-layout(5), `refs` and `packed-refs`). */
export interface Refs {
  /** All refs whose names begin with one of these, by name. A broken ref has no object: `NO_OBJECT`. */
  list(...prefixes: readonly string[]): Promise<StoredRef[]>;
  /** The object that one ref holds, symbolic refs followed; undefined where it is missing or broken. */
  read(name: string): Promise<Oid | undefined>;
}

/**
 * Opens the refs of a repository.
 * @param gitDir its own folder, with HEAD
 * @param commonDir the folder that it shares with its worktrees
 */
export function openRefs(gitDir: string, commonDir: string): Refs {
  const packedFile = join(commonDir, 'packed-refs');
  const read = async (name: string, steps = MAX_SYMBOLIC_STEPS): Promise<Oid | undefined> => {
    // in this order: a loose ref is removed after it was packed
    const loose = await readLooseRef(join(isPerWorktree(name) ? gitDir : commonDir, name));
    if (loose === undefined) return (await readPackedRefs(packedFile, (one) => one === name)).get(name)?.oid;
    const { oid, target } = loose;
    return target === undefined || steps === 0 ? oid : read(target, steps - 1);
  };
  const listOnce = async (prefixes: readonly string[]): Promise<StoredRef[]> => {
    const isWanted = (name: string): boolean =>
      prefixes.some((prefix) => name.startsWith(prefix)) && refFormatProblem(name) === undefined;
    const names = (await looseNames(commonDir, 'refs', prefixes)).filter(isWanted);
    const loose = await askEach(names, async (name) => readLooseRef(join(commonDir, name)));
    const refs = await readPackedRefs(packedFile, isWanted);
    for (const [name, { oid, target }] of loose) {
      const held = target === undefined ? oid : await read(target);
      // a symbolic ref that leads nowhere is ignored, as git does; any other one without an id is broken
      if (held !== undefined) refs.set(name, { name, oid: held });
      else if (target === undefined) refs.set(name, { name, oid: NO_OBJECT });
      else refs.delete(name);
    }
    return [...refs.values()].sort((a, b) => compareText(a.name, b.name));
  };
  return {
    read: (name) => read(name),
    list: async (...prefixes) => {
      let last: string | undefined;
      for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
        const before = await versionOf(packedFile);
        const refs = await listOnce(prefixes);
        if (before === (await versionOf(packedFile))) return refs;
        // packed meanwhile: each ref is right, but they may be of two moments, unless the next listing is the same
        const now = refs.map(({ name, oid }) => `${oid} ${name}`).join('\n');
        if (now === last) return refs;
        last = now;
      }
      throw new RegError(
        'BUSY',
        `the refs of ${commonDir} changed while they were read, ${MAX_ATTEMPTS} times`,
      );
    },
  };
}

const MAX_ATTEMPTS = 10;
/** As many as git follows (its refs.c, SYMREF_MAXDEPTH). */
const MAX_SYMBOLIC_STEPS = 5;

/** Refs that each worktree has for itself (gitrepository-layout(5)). */
const isPerWorktree = (name: string): boolean =>
  !name.startsWith('refs/') || /^refs\/(bisect|worktree|rewritten)\//.test(name);

interface LooseRef {
  oid: Oid | undefined;
  /** The ref that a symbolic ref names. */
  target: string | undefined;
}

/** Undefined where there is no such file. */
async function readLooseRef(file: string): Promise<LooseRef | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (/^(ENOENT|ENOTDIR|EISDIR|ENAMETOOLONG|ELOOP)$/.test(error.code ?? '')) return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  const text = bytes.toString();
  const [, target] = /^ref:\s*(\S.*?)\s*$/m.exec(text) ?? [];
  return { oid: /^(?!0{40})([0-9a-f]{40})(\s|$)/.exec(text)?.[1], target };
}

/** The names of the files in a folder, and in the folders below it that may hold a wanted name. */
async function looseNames(root: string, folder: string, prefixes: readonly string[]): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(noneIfGone);
  const names: string[] = [];
  for (const entry of entries) {
    const name = `${folder}/${entry.name}`;
    const mayHold = (prefix: string): boolean =>
      prefix.startsWith(`${name}/`) || `${name}/`.startsWith(prefix);
    if (!entry.isDirectory()) names.push(name);
    else if (prefixes.some(mayHold)) names.push(...(await looseNames(root, name, prefixes)));
  }
  return names.filter((name) => !name.endsWith('.lock'));
}

/** A folder may go with its last ref; one that cannot be read is an error for the user to see. */
function noneIfGone(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
  throw error;
}

/**
 * The wanted packed refs: `<oid> <name>`, and behind a tag `^<oid>` of the object that it leads to (git-pack-refs(1)).
 * As git does, it takes nothing from a file that was cut off or edited.
 * @throws RegError GIT_FAILED
 */
async function readPackedRefs(
  file: string,
  isWanted: (name: string) => boolean,
): Promise<Map<string, StoredRef>> {
  const refs = new Map<string, StoredRef>();
  const text = (await textOf(file)) ?? '';
  const lines = text.split('\n');
  const fail = (what: string): RegError =>
    new RegError('GIT_FAILED', `${file} is damaged: ${what}`, 'see what git says of it: git for-each-ref');
  if (lines.pop() !== '') throw fail('its last line is cut off');
  // without that word only some tags are peeled (git source, refs/packed-backend.c)
  const isPeeled = /^# pack-refs with:.* fully-peeled /.test(lines[0] ?? '');
  let last: StoredRef | undefined;
  for (const [index, line] of lines.entries()) {
    if (index === 0 && line.startsWith('# pack-refs with:')) continue;
    if (!PACKED.test(line)) throw fail(`line ${index + 1} is neither a ref nor what one leads to`);
    if (line.startsWith('^')) {
      if (last) last.peeled = line.slice(1);
      continue;
    }
    const name = line.slice(41);
    last = isWanted(name)
      ? { name, oid: line.slice(0, 40), ...(isPeeled ? { peeled: null } : {}) }
      : undefined;
    if (last) refs.set(name, last);
  }
  return refs;
}

/** A line of packed-refs, without a line end of its own. */
const PACKED = /^([0-9a-f]{40} [^\r]+|\^[0-9a-f]{40})$/;

/** Gives a bare repository that no other process uses these refs, and no others. */
export async function writeRefs(folder: string, refs: ReadonlyMap<string, Oid>): Promise<void> {
  // without a header nothing is promised about order, or about what tags lead to (git-pack-refs(1))
  const lines = [...refs].map(([name, oid]) => `${oid} ${name}\n`);
  await writeFile(join(folder, 'packed-refs'), lines.join(''));
  // loose refs would come before packed ones
  await rm(join(folder, 'refs'), { recursive: true, force: true });
  await mkdir(join(folder, 'refs'));
}

/** What differs when a file was replaced. */
const versionOf = (file: string): Promise<string> =>
  stat(file, { bigint: true }).then(
    ({ mtimeNs, size, ino }) => `${mtimeNs} ${size} ${ino}`,
    () => 'none',
  );

/** The branch that HEAD names, by its short name; undefined where HEAD holds a commit. */
export const headBranch = async (gitDir: string): Promise<string | undefined> =>
  /^refs\/heads\/(.*)$/.exec((await readLooseRef(join(gitDir, 'HEAD')))?.target ?? '')?.[1];
