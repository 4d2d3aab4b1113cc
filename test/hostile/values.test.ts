import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inspectLink, modelPath, readLink } from '../../src/documents/link.js';
import { parseLocation } from '../../src/domain/location.js';
import { refuseUnsafePath } from '../../src/domain/model-files.js';
import { RegError } from '../../src/errors.js';
import { sourceOpener } from '../../src/git/open.js';
import { download } from '../../src/models/download.js';
import { locate } from '../../src/models/locate.js';
import { storeOpener } from '../../src/stores/open.js';
import { fileIn, folderOf } from '../support/models.js';
import { sandbox } from '../support/repo.js';
import { bytesIn, codeOf, outcomeOf, rowsOf, SECRET, textIn } from './corpus.js';

const box = sandbox();

/** No row may reach a network: all go through a proxy that is not there. */
const NOWHERE = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9' };
const around = { env: { ...NOWHERE, HOME: join(box.root, 'home'), REG_TIMEOUT: '5' } };
const stores = storeOpener(around);
const sources = sourceOpener(join(box.root, 'cache'), around);
const storeModel = (url: string) => locate({ kind: 'store', url }, { stores, sources, around });

/** No error may tell a secret, or go on for ever. */
async function expectDiscreet(call: () => unknown): Promise<void> {
  const error = await outcomeOf(call);
  const said = error instanceof RegError ? `${error.message} ${error.hint}` : '';
  expect(said).not.toContain(SECRET);
}

describe('a link file with', () => {
  test.each(rowsOf('links'))('$what is refused', async ({ input, code }) => {
    const bytes = bytesIn(input);
    expect(await codeOf(() => readLink(bytes, 'a.model.yaml'))).toBe(code);
    expect(inspectLink(bytes, 'a.model.yaml')).toHaveProperty('problems');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('nothing hostile is read', () => {
    const text = `source: {path: m.bin, rev: main}\nsha256: ${'0123456789abcdef'.repeat(4)}\nsize: 12\n`;
    expect(inspectLink(Buffer.from(text), 'a.model.yaml')).toHaveProperty('link.size', 12);
    expect(inspectLink(Buffer.from(`\ufeff${text}`), 'a.model.yaml')).toHaveProperty('link.size', 12);
  });

  test('the key __proto__ among parameters changes no other object', () => {
    const text =
      'source: {path: m.bin, rev: main}\nparams: {__proto__: {polluted: true}, a: {__proto__: [1]}}\n';
    inspectLink(Buffer.from(text), 'a.model.yaml');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Array.isArray(Object.getPrototypeOf({}))).toBe(false);
  });
});

describe('a repository that is', () => {
  const early = rowsOf('repos').filter(({ code }) => code === 'SOURCE_UNSUPPORTED');
  test.each(early)('$what: refused before git runs', async ({ input, code }) => {
    expect(await codeOf(() => parseLocation(textIn(input)))).toBe(code);
    await expectDiscreet(() => parseLocation(textIn(input)));
  });
});

describe('an address of a model that is', () => {
  // a link may name a file of the registry too, by a relative path
  const urls = rowsOf('urls').filter(({ input }) => /^[a-z][a-z0-9+.-]*:|^\//i.test(textIn(input)));
  test.each(urls)('$what is refused', async ({ input, code }) => {
    expect(await codeOf(() => storeModel(textIn(input)))).toBe(code);
    await expectDiscreet(() => storeModel(textIn(input)));
  });
});

describe('a web address in a private network that is', () => {
  test.each(rowsOf('hosts'))('$what: refused before any request', async ({ input, code }) => {
    for (const url of [`http://${textIn(input)}/m.bin`, `https://a:b@${textIn(input)}:8443/m.bin`]) {
      const error = await outcomeOf(() => storeModel(url));
      expect(error).toMatchObject({ code, message: expect.stringContaining('private network') });
    }
  });
});

describe('a path of a model that is', () => {
  test.each(rowsOf('paths'))('$what is refused, or stays inside', async ({ input, code }) => {
    const path = textIn(input);
    const ended = await codeOf(() => modelPath(path));
    // what only looks dangerous is looked for, and not found
    if (ended !== code) expect(modelPath(path)).not.toMatch(/^\/|(^|\/)\.{1,2}(\/|$)|[\\\0]|^[a-z]:[\\/]/i);
    if (/^[/\\]|\.\.[/\\]|\0|^[a-z]:[\\/]/i.test(path)) expect(ended).toBe(code);
  });
});

describe('a file of a folder model whose path is', () => {
  test.each(rowsOf('names'))('$what is refused', async ({ input, code }) => {
    expect(await codeOf(() => refuseUnsafePath(textIn(input)))).toBe(code);
  });

  test.each([
    'a.bin',
    'a/b/c.bin',
    '.gitignore',
    '.gitattributes',
    'git',
    'digit~1',
    'console.bin',
    'com10.bin',
    'auxiliary',
    'nulls/x',
    'x'.repeat(255),
    'é'.repeat(127),
    'نمی\u200cخواهم.bin',
    '👩\u200d🔬.bin',
    '模型.bin',
  ])('%s is taken', async (path) => {
    expect(await codeOf(() => refuseUnsafePath(path))).toBe('it was accepted');
  });
});

describe('a folder model with', () => {
  test.each(rowsOf<string[]>('collisions'))('$what is refused', async ({ input, code, what }) => {
    for (const paths of [input, input.toReversed()]) {
      const target = join(box.root, what.replaceAll(/\W/g, '-'));
      const files = paths.map((path) => fileIn(path, 'bytes'));
      expect(await codeOf(() => download(folderOf(...files), target, () => undefined))).toBe(code);
      expect(files.flatMap(({ asked }) => asked)).toEqual([]);
    }
  });

  test('names that are only alike is written', async () => {
    const files = ['a', 'ab', 'a.b/c', 'ß', 's', 'dir/a', 'dir-2/a'].map((path) => fileIn(path, path));
    expect(await codeOf(() => download(folderOf(...files), join(box.root, 'alike'), () => undefined))).toBe(
      'it was accepted',
    );
  });
});
