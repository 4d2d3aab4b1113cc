import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { validate } from '../../src/checks/validate.js';
import { openContext } from '../../src/open.js';
import { declaredArtifacts } from '../../src/registry/declared.js';
import { type Repository, sandbox } from '../support/repo.js';

const box = sandbox();
const contextOf = (dir: string, env = {}) =>
  openContext('.', { env: { ...box.env, ...env }, cwd: dir, now: () => 0 });
/** The rules that are broken, by file. */
async function found({ dir }: Repository, options = {}, env = {}): Promise<string[]> {
  const { findings } = await validate(await contextOf(dir, env), options);
  return findings.filter(({ level }) => level === 'error').map(({ file, rule }) => `${file} ${rule}`);
}
function put({ dir }: Repository, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), content);
}
const RIGHT = 'reg: 1\nsource: {path: m.bin}\n';
const WRONG = `${RIGHT}extra: 1\n`;

let count = 0;
/** A registry with a right link. */
function registry(files: Record<string, string> = {}): Repository {
  count += 1;
  const made = box.repository(`registry-${count}`);
  made.commit({ 'm.bin': 'model', 'a.model.yaml': RIGHT, ...files });
  return made;
}

describe('validate reads what would be committed', () => {
  // in UTF-16 this is `a: "…"`, in UTF-8 it would be something else
  const attributes = { '.gitattributes': '*.model.yaml working-tree-encoding=UTF-16LE\n' };

  test('a file that a checkout converts is read as git stores it, committed or not', async () => {
    const made = registry();
    put(made, '.gitattributes', attributes['.gitattributes']);
    put(made, 'a.model.yaml', Buffer.from(RIGHT, 'utf16le'));
    put(made, 'new.model.yaml', Buffer.from(WRONG, 'utf16le'));
    expect(await found(made)).toEqual(['new.model.yaml link-schema']);
    made.git('add', '--all');
    expect(await found(made)).toEqual(['new.model.yaml link-schema']);
    made.git('commit', '--quiet', '--message', 'Encode');
    expect(await found(made)).toEqual(['new.model.yaml link-schema']);
    expect(await found(made, { base: 'HEAD' })).toEqual([]);
  });

  test('asking stores no object', async () => {
    const made = registry();
    put(made, '.gitattributes', attributes['.gitattributes']);
    put(made, 'a.model.yaml', Buffer.from(RIGHT, 'utf16le'));
    put(made, 'new.model.yaml', Buffer.from(RIGHT, 'utf16le'));
    const before = made.git('count-objects');
    expect(await found(made)).toEqual([]);
    expect(made.git('count-objects')).toBe(before);
  });

  test('the same files as can be registered: tracked ones anywhere, and none that are ignored', async () => {
    const made = registry({ 'node_modules/p.model.yaml': WRONG, '.gitignore': 'build/\n' });
    put(made, 'build/b.model.yaml', WRONG);
    put(made, 'sub/c.model.yaml', WRONG);
    made.git('add', '--force', 'node_modules');
    expect(await found(made)).toEqual([
      'node_modules/p.model.yaml link-schema',
      'sub/c.model.yaml link-schema',
    ]);
    made.git('add', '--all');
    made.git('commit', '--quiet', '--message', 'All');
    const context = await contextOf(made.dir);
    const commit = made.git('rev-parse', 'HEAD');
    expect(await declaredArtifacts(context, commit)).toEqual(['a', 'node_modules:p', 'sub:c']);
    expect(await found(made, {}, { REG_GIT: 'embedded' })).toContain('node_modules/p.model.yaml link-schema');
  });

  test('what a sparse checkout leaves out is checked, and what was deleted is not', async () => {
    const made = registry({ 'far/f.model.yaml': WRONG, 'gone/g.model.yaml': WRONG });
    made.git('sparse-checkout', 'set', '--no-cone', '/*', '!/far/');
    made.git('rm', '--quiet', '--cached', 'gone/g.model.yaml');
    put(made, '.gitignore', 'gone/\n');
    expect(await found(made)).toEqual(['far/f.model.yaml link-schema']);
    expect(await found({ ...made, dir: join(made.dir, 'gone') })).toEqual(['far/f.model.yaml link-schema']);
  });

  test('a symbolic link in the place of a link file is no link file', async () => {
    const made = registry();
    symlinkSync('a.model.yaml', join(made.dir, 'b.model.yaml'));
    expect(await found(made)).toEqual(['b.model.yaml link-parse']);
    made.git('add', '--all');
    expect(await found(made)).toEqual(['b.model.yaml link-parse']);
  });
});
