import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';

const [bundle] = buildSync({
  stdin: {
    contents: `import { readLink } from './src/links/read.ts';
      for (const file of ['a.yaml', 'b.yaml'])
        try { readLink(Buffer.from(eval(process.argv[2])), file); } catch (error) { console.log(error.code ?? error); }`,
    resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
  },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  write: false,
}).outputFiles;

/**
 * Reads two links of the same text in a process of its own, because too deep a text ends the process in a way that no
 * handler catches; often only the second one does, when the regular expressions in use have been compiled. Gives the
 * exit status and the codes of the errors.
 */
function readApart(expression: string): string {
  const child = spawnSync(process.execPath, ['-', expression], { input: bundle?.text, encoding: 'utf8' });
  return `${child.status} ${child.stdout.trim().replaceAll('\n', ' ')}`;
}

describe('text within 64 KiB that is made to nest deep is refused, and ends no process', () => {
  it.each([
    ['opening brackets', "'['.repeat(60000)"],
    ['closing brackets before opening ones', "']'.repeat(31000) + '['.repeat(31000)"],
    ['closing braces before opening ones', "'a: }\\n'.repeat(8000) + '{a: '.repeat(6000)"],
    ['quoted keys of keys on one line', `'"a": '.repeat(12000)`],
    ['plain keys of keys on one line', "'a: '.repeat(20000)"],
    ['empty keys of keys', "': '.repeat(32000)"],
    ['dashes after a key', "'a: ' + '- '.repeat(32000)"],
    ['dashes', "'- '.repeat(32000)"],
    ['question marks', "'? '.repeat(32000)"],
    ['a key for every question mark', "'? a: '.repeat(13000)"],
    ['dashes that have a tag', "'!t - '.repeat(13000)"],
    ['tag after tag', "'!t '.repeat(20000)"],
    ['anchor after anchor', "'&a '.repeat(20000)"],
  ])('%s', (_what, expression) => {
    expect(readApart(expression)).toBe('0 INVALID_LINK INVALID_LINK');
  });
});
