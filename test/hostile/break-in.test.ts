import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptInside } from '../support/canary.js';
import { runHere } from '../support/here.js';
import { type Env, sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';

const FOLDER = new URL('../../fixtures/break-in/', import.meta.url);
const box = sandbox();

/** One script of the corpus; fixtures/break-in/README.md says what its comments mean. */
const CASES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.sh') && name !== 'lib.sh')
  .map((name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    const commands = [...text.matchAll(/^# \$ (\d) reg (.+)$/gm)].map(([, code, line = '']) => ({
      code: Number(code),
      args: line.split(' '),
    }));
    const absent = [...text.matchAll(/^# absent: (.+)$/gm)].map(([, path = '']) => path);
    return { name, commands, absent };
  });

/** Files outside of every registry, as a home folder has them. */
const CANARY = { bashrc: 'mine', 'churn.model.yaml': 'source: {path: model.bin}\n', 'folder/keep': 'kept' };

/** Everything below a folder: files with their bytes, and what is no file. */
const contentOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path} ${entry.isFile() ? readFileSync(path, 'utf8') : ''}`;
    })
    .sort();

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const MODES: readonly (readonly [name: string, env: Env])[] = [
  ['with git', {}],
  ['without git', { REG_GIT: 'embedded' }],
];

test.each(pairs(CASES, MODES).map(([one, [mode, more]]) => ({ ...one, mode, more })))(
  '$name, $mode',
  async ({ name, commands, absent, mode, more }) => {
    const top = join(name, mode.replace(' ', '-'));
    const folder = join(box.root, top);
    const origin = box.repository(`${top}/origin`);
    const STORE = join(folder, 'store');
    const around = { ...box.env, STORE, LIB: new URL('lib.sh', FOLDER).pathname };
    execFileSync('sh', [new URL(name, FOLDER).pathname], { cwd: origin.dir, env: around, stdio: 'pipe' });
    origin.commit();
    for (const [path, content] of Object.entries(CANARY)) {
      mkdirSync(join(folder, 'canary', path, '..'), { recursive: true });
      writeFileSync(join(folder, 'canary', path), content);
    }
    const clone = join(folder, 'clone');
    box.at(top).git('clone', '--quiet', 'origin', clone);
    // what is as new as its index git would read again, however large it is
    const later = Date.now() / 1000 + 60;
    utimesSync(join(clone, '.git/index'), later, later);
    const hooks = join(clone, '.git/hooks');
    const before = contentOf(join(folder, 'canary'));
    // what a clone has of its own
    const hooksBefore = contentOf(hooks);
    const env = { ...box.env, ...keptInside(box), ...more, XDG_CACHE_HOME: join(folder, 'cache') };
    expect(commands.length).toBeGreaterThan(0);
    for (const { args, code } of commands) {
      const run = await runHere({ cwd: clone, env }, ...args);
      const shown = `reg ${args.join(' ')}: ${run.stderr}`;
      expect(contentOf(join(folder, 'canary')), shown).toEqual(before);
      expect(run.code, shown).toBe(code);
      expect(run.stderr).not.toContain('this is a defect');
    }
    expect(contentOf(hooks)).toEqual(hooksBefore);
    expect(absent.filter((path) => isThere(join(clone, path)))).toEqual([]);
    const parts = readdirSync(clone).filter((one) => one.endsWith('.part'));
    expect(parts.filter((one) => box.at(top).git('-C', clone, 'ls-files', one) === '')).toEqual([]);
  },
);
