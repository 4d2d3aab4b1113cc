import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { shellWords } from '../../src/cli/complete.js';
import { GLOBAL_OPTIONS, isValueOptional, namesOf, valueNameOf } from '../../src/cli/table/command.js';
import { COMMANDS } from '../../src/cli/table/table.js';
import { runHere } from '../support/here.js';

// Options mean the same everywhere, and what means nothing is refused before anything is read or written.

const cwd = mkdtempSync(join(tmpdir(), 'reg-options-'));
afterAll(() => rmSync(cwd, { recursive: true }));
const reg = (...words: string[]) => runHere({ cwd, env: {} }, ...words);

/** A word for each argument of a command that must be there. */
const wordsOf = ({ arguments: args, choices = {} }: (typeof COMMANDS)[number]): string[] =>
  args.filter(({ required }) => required).map(({ name }) => choices[name]?.[0] ?? 'churn');

describe.each(COMMANDS.map((spec) => [spec.name, spec] as const))('reg %s', (name, spec) => {
  test('refuses an empty value, as a variable of a script may leave it', async () => {
    for (const option of [...GLOBAL_OPTIONS, ...spec.options]) {
      // a message may be empty
      if ([undefined, 'text'].includes(valueNameOf(option.flags))) continue;
      for (const called of [...namesOf(option), ...Object.keys(option.earlier ?? {})]) {
        if (option.earlier?.[called]?.includes('=')) continue;
        const { code, stdout, stderr } = await reg(name, ...wordsOf(spec), called, '');
        expect({ code, stdout, called }, stderr).toEqual({ code: 2, stdout: '', called });
      }
    }
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('refuses an empty argument', async () => {
    const words = wordsOf(spec);
    const lines = words.map((_, at) => words.toSpliced(at, 1, ''));
    if (spec.arguments.length > words.length) lines.push([...words, '']);
    for (const line of lines) expect(await reg(name, ...line)).toMatchObject({ code: 2, stdout: '' });
    expect(readdirSync(cwd)).toEqual([]);
  });
});

/** What a name may stand for with another form of value. */
const TWO_FORMS = ['--since', '--version', '--output', '--label'];

test('a name has one form: one letter, and one kind of value', () => {
  const forms = new Map<string, Set<string>>();
  for (const { options } of COMMANDS)
    for (const option of [...GLOBAL_OPTIONS, ...options]) {
      const name = namesOf(option).at(-1) ?? '';
      const form = (option.shown ?? option.flags).concat(isValueOptional(option.flags) ? '?' : '');
      forms.set(name, (forms.get(name) ?? new Set()).add(form));
    }
  const several = [...forms].filter(([, { size }]) => size > 1).map(([name]) => name);
  expect(several.sort()).toEqual(TWO_FORMS.toSorted());
});

test.each<[line: string, error: string]>([
  [
    'validate --since yesterday',
    '--since means nothing without --tags\nhint: add --tags, or leave out --since',
  ],
  ['validate --tags --base main', '--base and --tags exclude each other'],
  ['validate --tags --staged', '--staged and --tags exclude each other'],
  ['validate --tags models', 'paths, a base and the index are about links, not tags'],
  ['cache ls --older-than 7', '--older-than means nothing without gc'],
  ['stages --push', '--push means nothing without rename'],
  ['stages rename prod production --at yesterday', '--at and rename exclude each other'],
  ['upload m.bin churn --push', '--push means nothing without --register or --assign'],
  ['check-ref churn@v1.0.0 --fetch --offline', '--fetch and --offline exclude each other'],
  ['which churn prod --fields tag --output-format dotenv', '--fields and --output-format exclude each other'],
  ['load churn -o - --fields size', 'the model goes to standard output, and nothing else does'],
  ['load churn -o - --output-format azure', 'the model goes to standard output, and nothing else does'],
  ['load churn@v1.0.0 --version v2.0.0', 'the version is named in more than one way'],
  ["describe 'churn#prod' --stage dev", 'the version is named in more than one way'],
])('reg %s', async (line, error) => {
  const { code, stdout, stderr } = await reg(...shellWords(line));
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(`error: ${error}`),
  });
});

test('help and the version of an unknown command are errors; before a command they are about it', async () => {
  for (const line of [
    ['nosuch', '--help'],
    ['-h', 'nosuch'],
    ['nosuch', '--version'],
  ])
    expect(await reg(...line)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining("unknown command 'nosuch'"),
    });
  expect((await reg('--help', 'which')).stdout).toBe((await reg('which', '--help')).stdout);
});
