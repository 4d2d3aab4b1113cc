import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitConfigValue, parseGitConfig } from '../../src/documents/git-config.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();

/** What git reads in the same text: the last value of each key. */
function asGit(text: string): Map<string, string> {
  const file = join(box.root, 'config');
  writeFileSync(file, text);
  const { stdout, status, stderr } = spawnSync('git', ['config', '--no-includes', '-z', '-l', '-f', file], {
    env: box.env,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const pairs = stdout.split('\0').slice(0, -1);
  return new Map(
    pairs.map((pair): [string, string] => {
      const [, key = '', value = 'true'] = /^([^\n]*)(?:\n([\s\S]*))?$/.exec(pair) ?? [];
      return [key, value];
    }),
  );
}

test.each([
  ['nothing', ''],
  ['a server', '[lfs]\n\turl = https://lfs.example.com/models\n'],
  ['a server of a remote', '[remote "origin"]\n\tlfsurl = https://lfs.example.com/a\n'],
  [
    'names of remotes keep their capitals, and keys do not',
    '[Remote "Origin"]\n LFSURL=x\n[remote "origin"]\nlfsUrl=y\n',
  ],
  ['a name with quotes in it', '[remote "a \\"b\\" \\\\ c"]\nlfsurl = x\n'],
  ['comments', '# one\n[lfs] ; two\nurl = x # three\n; four\n  # five\naccess = "a # b" ; six\n'],
  ['quotes and escapes', '[lfs]\nurl = "  a b  "c" d"\naccess = a\\tb\\n\\"c\\"\\\\d\n'],
  ['blanks around and inside', '[lfs]\n   url   =   a  b   \n'],
  ['a line that goes on', '[lfs]\nurl = https://\\\nexample.com\n'],
  ['CRLF', '[lfs]\r\nurl = x\r\n'],
  ['a key and a section on one line', '[lfs] url = x\n'],
  ['a key without a value, and one with an empty one', '[lfs]\nlocksverify\nurl =\n'],
  ['the last value counts', '[lfs]\nurl = a\n[core]\nx = y\n[lfs]\nurl = b\n'],
  ['no other file is read', '[include]\npath = /etc/passwd\n[lfs]\nurl = x\n'],
])('as git reads it: %s', (_what, text) => {
  const last = [...parseGitConfig(text)].map(([key, values]) => [key, values.at(-1)] as const);
  expect(new Map(last)).toEqual(asGit(text));
});

test('what git would not read does no harm', () => {
  const text = '\0\0[\n]url = x\nurl = y\n[lfs\nurl = z\n["\n= = =\n[lfs]\nurl = good\n\\';
  expect(gitConfigValue(parseGitConfig(text), 'lfs.url')).toBe('good');
});
