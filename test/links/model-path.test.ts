import { describe, expect, it } from 'vitest';
import { modelPath } from '../../src/documents/link.js';
import { refusalCode } from '../support/builders.js';

describe('paths inside a repository', () => {
  it.each([
    ['model.bin', 'model.bin'],
    ['models/a/b.bin', 'models/a/b.bin'],
    ['./models//a/./b.bin', 'models/a/b.bin'],
    ['models/', 'models'],
    ['models\\a\\b.bin', 'models/a/b.bin'],
    ['..model', '..model'],
    ['a..b/c...', 'a..b/c...'],
    ['-rf', '-rf'],
    ['*', '*'],
    [':(glob)x', ':(glob)x'],
    ['modèle/模型.bin', 'modèle/模型.bin'],
    [' a ', ' a '],
    ['p:m', 'p:m'],
  ])('%j is %j', (text, path) => {
    expect(modelPath(text)).toBe(path);
    expect(modelPath(path)).toBe(path);
  });

  it.each([
    ...['', '.', './', './.', '..', '../x', 'a/..', 'a/../../etc/passwd', 'a\\..\\b', '..\\..\\x'],
    ...['/', '/etc/passwd', '//server/share', 'C:\\x', 'c:/x', 'a\0b', 'a/\0'],
  ])('%j is no model path', (text) => {
    expect(refusalCode(() => modelPath(text))).toBe('SOURCE_PATH');
  });
});
