import { execFileSync } from 'node:child_process';
import type { Repository, Sandbox } from '../support/repo.js';

/** An entry of a tree as git stores it, past every check of git. */
export type RawEntry = readonly [mode: string, name: string, oid: string];

/** Writes objects of any content into a repository. */
export interface RawObjects {
  blob(content: string | Uint8Array): string;
  tree(...entries: readonly RawEntry[]): string;
  /** Gives the commit of a tree, and lets `main` lead to it. */
  commit(tree: string): string;
}

/** Gives what writes objects as bytes (gitformat-pack(5); git-hash-object(1), `--literally`). */
export function rawObjects(box: Sandbox, { dir, git }: Repository): RawObjects {
  const write = (type: string, input: string | Uint8Array): string =>
    execFileSync('git', ['hash-object', '-t', type, '-w', '--stdin', '--literally'], {
      cwd: dir,
      env: box.env,
      input,
      encoding: 'utf8',
    }).trim();
  return {
    blob: (content) => write('blob', content),
    tree: (...entries) =>
      write(
        'tree',
        Buffer.concat(
          entries.map(([mode, name, oid]) =>
            Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(oid, 'hex')]),
          ),
        ),
      ),
    commit: (tree) => {
      // git-commit-tree(1) looks at the tree, which may be damaged on purpose
      const who = 'Ann Lee <ann@example.com> 1767225600 +0000';
      const oid = write('commit', `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nTrain\n`);
      git('update-ref', 'refs/heads/main', oid);
      return oid;
    },
  };
}
