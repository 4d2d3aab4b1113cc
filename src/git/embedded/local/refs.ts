import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../../domain/event.js';
import { compareText } from '../../../domain/order.js';
import { readIfThere } from '../../../util/files.js';
import { eachObject } from '../found-object.js';

/** A ref as it is stored. */
export interface StoredRef {
  /** The full name. */
  name: string;
  oid: Oid;
  /** What a tag leads to, where that is stored: null for an object that is no tag. */
  peeled?: Oid | null;
}

/** The refs of a repository, read from its files (gitrepository-layout(5), `refs` and `packed-refs`). */
export interface Refs {
  /** All refs whose names begin so, by name. Those that are broken are left out, as git does. */
  list(...starts: readonly string[]): Promise<StoredRef[]>;
  /** What one ref holds, symbolic refs followed; undefined where there is none or it is broken. */
  read(name: string): Promise<Oid | undefined>;
}

/**
 * Opens the refs of a repository.
 * @param gitDir its own folder, of which HEAD is read
 * @param commonDir what it shares with its worktrees
 */
export function openRefs(gitDir: string, commonDir: string): Refs {
  const packedFile = join(commonDir, 'packed-refs');
  const read = async (name: string, steps = SYMBOLIC_STEPS): Promise<Oid | undefined> => {
    const file = join(isOwn(name) ? gitDir : commonDir, name);
    // in this order: a ref that is packed meanwhile is packed before its file goes
    const content = await contentOf(file);
    if (content === undefined) return (await readPacked(packedFile, (one) => one === name)).get(name)?.oid;
    const { oid, target } = content;
    return target === undefined || steps === 0 ? oid : read(target, steps - 1);
  };
  const listOnce = async (starts: readonly string[]): Promise<StoredRef[]> => {
    const isMeant = (name: string): boolean => starts.some((start) => name.startsWith(start));
    const names = (await namesBelow(commonDir, 'refs', starts)).filter(isMeant);
    const contents = await eachObject(names, async (name) => contentOf(join(commonDir, name)));
    const refs = await readPacked(packedFile, isMeant);
    for (const [name, content] of contents) {
      const oid = content.target === undefined ? content.oid : await read(content.target);
      if (oid === undefined) refs.delete(name);
      else refs.set(name, { name, oid });
    }
    return [...refs.values()].sort((a, b) => compareText(a.name, b.name));
  };
  return {
    read: (name) => read(name),
    list: async (...starts) => {
      for (let attempt = 1; ; attempt += 1) {
        const before = await stamp(packedFile);
        const refs = await listOnce(starts);
        // packed meanwhile: what was read is right for each ref, but perhaps of two moments
        if (attempt === ATTEMPTS || before === (await stamp(packedFile))) return refs;
      }
    },
  };
}

const ATTEMPTS = 5;
/** As many as git follows (git-symbolic-ref(1) names none; refs.c, SYMREF_MAXDEPTH). */
const SYMBOLIC_STEPS = 5;

/** What every worktree has of its own (gitrepository-layout(5)). */
const isOwn = (name: string): boolean =>
  !name.startsWith('refs/') || /^refs\/(bisect|worktree|rewritten)\//.test(name);

interface RefContent {
  oid: Oid | undefined;
  target: string | undefined;
}

/** What the file of a ref holds; undefined where there is no such file. */
async function contentOf(file: string): Promise<RefContent | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (/^(ENOENT|ENOTDIR|EISDIR|ENAMETOOLONG|ELOOP)$/.test(error.code ?? '')) return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  const text = bytes.toString();
  const [, target] = /^ref:\s*(\S.*?)\s*$/m.exec(text) ?? [];
  return { oid: /^([0-9a-f]{40})(\s|$)/.exec(text)?.[1], target };
}

/** The names of the files below a folder that are or hold what is meant. */
async function namesBelow(root: string, dir: string, starts: readonly string[]): Promise<string[]> {
  const entries = await readdir(join(root, dir), { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    const name = `${dir}/${entry.name}`;
    const mayHold = (start: string): boolean => start.startsWith(`${name}/`) || `${name}/`.startsWith(start);
    if (!entry.isDirectory()) names.push(name);
    else if (starts.some(mayHold)) names.push(...(await namesBelow(root, name, starts)));
  }
  return names.filter((name) => !name.endsWith('.lock'));
}

/** The packed refs that are meant: `<oid> <name>`, and behind a tag `^<oid>` of what it leads to (git-pack-refs(1)). */
async function readPacked(file: string, isMeant: (name: string) => boolean): Promise<Map<string, StoredRef>> {
  const refs = new Map<string, StoredRef>();
  const lines = Buffer.from((await readIfThere(file)) ?? '')
    .toString()
    .split('\n');
  // without that word only some tags are followed (git source, refs/packed-backend.c)
  const isPeeled = /^# pack-refs with:.* fully-peeled /.test(lines[0] ?? '');
  let last: StoredRef | undefined;
  for (const line of lines) {
    if (line.startsWith('^')) {
      if (last) last.peeled = line.slice(1);
      continue;
    }
    const name = line.slice(41);
    last =
      name !== '' && /^[0-9a-f]{40} /.test(line) && isMeant(name)
        ? { name, oid: line.slice(0, 40) }
        : undefined;
    if (last) refs.set(name, isPeeled ? { ...last, peeled: null } : last);
    last = last && refs.get(name);
  }
  return refs;
}

const stamp = (file: string): Promise<string> =>
  stat(file, { bigint: true }).then(
    ({ mtimeNs, size, ino }) => `${mtimeNs} ${size} ${ino}`,
    () => 'none',
  );

/** The branch that HEAD stands for, by its short name; undefined where it is a commit. */
export const headBranch = async (gitDir: string): Promise<string | undefined> =>
  /^refs\/heads\/(.*)$/.exec((await contentOf(join(gitDir, 'HEAD')))?.target ?? '')?.[1];
