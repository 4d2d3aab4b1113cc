import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  badGitConfigLine,
  gitConfigValue,
  isGitConfigTrue,
  parseGitConfig,
} from '../../src/documents/git-config.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();
const { git, dir } = box.repository('configured');

const TEXTS: Record<string, string> = {
  'sections and variables in any letters': '[CORE]\n\tBare = true\n[Remote "Origin"]\n\tURL = x\n',
  'a section and a variable on one line': '[core] bare = false\n',
  'a variable without a value': '[core]\n\tbare\n\tfileMode=\n',
  'comments and empty lines': '# one\n; two\n\n[core] # three\n\tbare = true ; four\n\teditor = vi # five\n',
  'quotes, around all or a part': '[a]\n\tb = "  two  words  # no comment "\n\tc = x"y ; "z\n\td = ""\n',
  escapes: '[a]\n\tb = back\\\\slash \\"quoted\\" tab\\tend\n\tc = two\\nlines\n',
  'a value over two lines': '[a]\n\tb = one \\\n  two\n\tc = "x \\\ny"\n',
  'a subsection with odd letters':
    '[remote "my.fork \\"x\\" \\\\ #1"]\n\turl = a=b\n[branch "a]b"]\n\tremote = o\n',
  'many values': '[remote "o"]\n\turl = one\n\turl = two\n[x]\n\ty = 1\n[remote "o"]\n\turl = three\n',
  'spaces inside a value': '[a]\n\tb =   one   two   \t\n',
  'line ends of Windows': '[core]\r\n\tbare = true\r\n[a]\r\n\tb = "x"\r\n',
  nothing: '',
  'a server': '[lfs]\n\turl = https://lfs.example.com/models\n',
  'a server of a remote': '[remote "origin"]\n\tlfsurl = https://lfs.example.com/a\n',
  'names of remotes keep their capitals, and keys do not':
    '[Remote "Origin"]\n LFSURL=x\n[remote "origin"]\nlfsUrl=y\n',
  'a name with quotes in it': '[remote "a \\"b\\" \\\\ c"]\nlfsurl = x\n',
  comments: '# one\n[lfs] ; two\nurl = x # three\n; four\n  # five\naccess = "a # b" ; six\n',
  'quotes and escapes': '[lfs]\nurl = "  a b  "c" d"\naccess = a\\tb\\n\\"c\\"\\\\d\n',
  'blanks around and inside': '[lfs]\n   url   =   a  b   \n',
  'a line that goes on': '[lfs]\nurl = https://\\\nexample.com\n',
  CRLF: '[lfs]\r\nurl = x\r\n',
  'a key and a section on one line': '[lfs] url = x\n',
  'a key without a value, and one with an empty one': '[lfs]\nlocksverify\nurl =\n',
  'the last value counts': '[lfs]\nurl = a\n[core]\nx = y\n[lfs]\nurl = b\n',
  'no other file is read': '[include]\npath = /etc/passwd\n[lfs]\nurl = x\n',
};

test.each(Object.entries(TEXTS))('git reads the same: %s', (_what, text) => {
  const file = join(dir, 'a-config');
  writeFileSync(file, text);
  const expected = new Map<string, string[]>();
  for (const line of git('config', '--no-includes', '--file', file, '--list', '--null')
    .split('\0')
    .slice(0, -1)) {
    const [key = '', ...value] = line.split('\n');
    // without a line end behind the key there is no value, which means true
    const one = value.length === 0 ? 'true' : value.join('\n');
    expected.set(key, [...(expected.get(key) ?? []), one]);
  }
  expect(parseGitConfig(text)).toEqual(expected);
  expect(badGitConfigLine(text)).toBeUndefined();
});

test('the last value counts, and there are several words for true', () => {
  const config = parseGitConfig('[a]\n\tb = no\n\tb = Yes\n\tc = 0\n\td\n\te = 2\n');
  expect(gitConfigValue(config, 'a.b')).toBe('Yes');
  expect(['a.b', 'a.c', 'a.d', 'a.e', 'a.f'].map((key) => isGitConfigTrue(config, key))).toEqual([
    true,
    false,
    true,
    true,
    false,
  ]);
});

test('what git would not read does no harm', () => {
  const text = '\0\0[\n]url = x\nurl = y\n[lfs\nurl = z\n["\n= = =\n[lfs]\nurl = good\n\\';
  expect(gitConfigValue(parseGitConfig(text), 'lfs.url')).toBe('good');
});

test.each([
  ['[core\n', 1],
  ['[core]\n\tbare = "x\n', 2],
  ['[a]\n\tb = one \\\n  two\n\t1 = 2\n', 4],
  ['[remote origin]\n', 1],
  ['[a]\n\tb = \\q\n', 2],
  ['[a]\n\tb ; c\n', 2],
  ['[a]\n\tb c = d\n', 2],
])('git does not understand %j, nor does the reader', (text, line) => {
  writeFileSync(join(dir, 'broken'), text);
  expect(() => git('config', '--file', join(dir, 'broken'), '--list')).toThrow(/bad config line/);
  expect(badGitConfigLine(text)).toBe(line);
});
