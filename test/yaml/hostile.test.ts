import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';

const [bundle] = buildSync({
  stdin: {
    contents: `import { readLink } from './src/documents/link.ts';
      for (const expression of process.argv.slice(2)) {
        const codes = ['a.yaml', 'b.yaml'].map((file) => {
          try { return readLink(Buffer.from(eval(expression)), file); } catch (error) { return error.code ?? error; }
        });
        console.log(codes.join(' '));
      }`,
    resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
  },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  write: false,
}).outputFiles;

const TEXTS = [
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
] as const;

/**
 * Reads two links of each text in a process of its own, because too deep a text ends the process in a way that no handler
 * catches; often only the second one does, when the regular expressions in use have been compiled. Gives how it ended, and
 * the codes of the errors.
 */
function readApart(): { status: number | null; codes: string[] } {
  const expressions = TEXTS.map(([, expression]) => expression);
  const options = { input: bundle?.text, encoding: 'utf8' } as const;
  const { status, stdout } = spawnSync(process.execPath, ['-', ...expressions], options);
  return { status, codes: stdout.trim().split('\n') };
}

describe('text within 64 KiB that is made to nest deep is refused, and ends no process', () => {
  const { status, codes } = readApart();
  it('the process comes to its end', () => expect(status).toBe(0));
  it.each(TEXTS.map(([what], index) => [what, index] as const))('%s', (_what, index) => {
    expect(codes[index]).toBe('INVALID_LINK INVALID_LINK');
  });
});
