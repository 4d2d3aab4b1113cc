import { execFileSync } from 'node:child_process';
import type { Repository, Sandbox } from './repo.js';

/** A commit of link files and others, or an annotated tag on the commit before it; `from` names an earlier commit's place. */
export type Told =
  | { files: Readonly<Record<string, string>>; day: string }
  | { tag: string; day: string; who?: string; said?: string; from?: number };

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
const seconds = (day: string): number => Date.parse(day.length > 10 ? day : `${day}T09:00:00Z`) / 1000;

/** Makes the commits and tags of a repository in one process; commits are numbered from 1. */
export function importInto(box: Sandbox, repository: Repository, told: readonly Told[]): void {
  let commits = 0;
  const lines = told.map((one) => {
    if ('files' in one) {
      commits += 1;
      const files = Object.entries(one.files).map(
        ([path, content]) => `M 100644 inline ${path}\n${data(content)}`,
      );
      return `commit refs/heads/main\nmark :${commits}\ncommitter Ann Lee <ann@example.com> ${seconds(one.day)} +0000\n${data('Change')}${files.join('')}`;
    }
    const { tag, day, who = 'Ann Lee <ann@example.com>', said = 'Said', from = commits } = one;
    return `tag ${tag}\nfrom :${from}\ntagger ${who} ${seconds(day)} +0000\n${data(said)}`;
  });
  const { dir } = repository;
  execFileSync('git', ['fast-import', '--quiet'], { cwd: dir, env: box.env, input: lines.join('') });
  if (repository.git('rev-parse', '--is-bare-repository') === 'false')
    repository.git('reset', '--quiet', '--hard');
}
