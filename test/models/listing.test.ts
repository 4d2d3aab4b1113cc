import { expect, it } from 'vitest';
import { digestOf } from '../../src/models/digest.js';
import { chooseFiles, knownDigests, listFiles } from '../../src/models/listing.js';
import { sha256 } from '../e2e/registry.js';
import { fileIn, folderOf, oneFile } from '../support/models.js';

const paths = [
  'config.json',
  'onnx/config.json',
  'onnx/model.onnx',
  'onnx/fp16/Model.onnx',
  'weights/[1].bin',
].map((path) => ({ path }));

it.each([
  [['onnx/*'], [1, 2, 3]],
  [['onnx/'], [1, 2, 3]],
  [['./onnx/*.onnx'], [2]],
  [['*.onnx'], [2, 3]],
  [['*.json'], [0, 1]],
  [['/*.json'], [0]],
  [
    ['/config.json', 'onnx/*', '!*.json'],
    [2, 3],
  ],
  [['onnx/**/model.onnx'], [2]],
  [
    ['**', '!onnx'],
    [0, 4],
  ],
  [['weights/\\[1\\].bin'], [4]],
])('%o chooses as gitignore(5) does', (patterns, wanted) => {
  expect(chooseFiles('churn', paths, patterns)).toEqual(wanted.map((index) => paths[index]));
});

it.each([
  [['tf/*'], "no file of churn matches 'tf/*'"],
  [['*.json', 'MODEL.onnx'], "no file of churn matches 'MODEL.onnx'"],
  [['!*.json'], "no file of churn matches '!*.json'"],
  [['# a comment'], "no file of churn matches '# a comment'"],
  [['*.json', '!config.json'], "no file of churn is left by '*.json', '!config.json'"],
])('%o chooses nothing', (patterns, message) => {
  expect(() => chooseFiles('churn', paths, patterns)).toThrow(message);
});

const lfs = (path: string, bytes: string) =>
  fileIn(path, bytes, { digest: { algorithm: 'sha256', value: sha256(bytes) } });
const never = (): boolean => false;

it('a list with the hash of the link promises each file, and no file is read', async () => {
  const files = [lfs('a', 'a'), lfs('b', 'b')];
  const model = folderOf(...files);
  const promises = [await digestOf(model)];
  for (const file of files) file.asked.length = 0;
  const listed = await listFiles({ what: 'churn', name: 'churn', model, promises }, never);
  expect(knownDigests(listed)).toEqual([
    { path: 'a', size: 1, sha256: sha256('a') },
    { path: 'b', size: 1, sha256: sha256('b') },
  ]);
  expect(files.flatMap(({ asked }) => asked)).toEqual([]);
});

it('a list that a link does not promise is refused, in each of its files', async () => {
  const promises = [await digestOf(folderOf(lfs('a', 'a'), lfs('b', 'b')))];
  for (const files of [
    [lfs('a', 'a'), lfs('b', 'x')],
    [lfs('a', 'a')],
    [lfs('a', 'a'), lfs('b', 'b'), lfs('c', '')],
    [lfs('b', 'a'), lfs('a', 'b')],
  ])
    await expect(
      listFiles({ what: 'churn', name: 'churn', model: folderOf(...files), promises }, never),
    ).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
});

it('a file whose SHA-256 the source does not say stays without, unless it is read', async () => {
  const model = folderOf(lfs('a', 'a'), fileIn('b', 'b'));
  const wanted = { what: 'churn', name: 'churn', model, promises: [await digestOf(model)] };
  expect(knownDigests(await listFiles(wanted, never))).toBeUndefined();
  expect(knownDigests(await listFiles(wanted, () => true))).toHaveLength(2);
});

it('the SHA-256 of a model of one file is that of its link', async () => {
  const promises = [{ sha256: 'a'.repeat(64) }];
  const wanted = { what: 'churn', name: 'churn', model: oneFile(fileIn('m', 'm')), promises };
  expect(knownDigests(await listFiles(wanted, never))).toEqual([
    { path: 'm', size: 1, sha256: 'a'.repeat(64) },
  ]);
});
