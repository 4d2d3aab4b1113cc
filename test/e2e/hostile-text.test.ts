import { expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { makeRegistry } from './registry.js';

const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
const head = registry.git('rev-parse', 'HEAD');
const reg = regIn(box, registry.dir);

const ESC = '\u001b';
/** Clears the screen, rings, starts a C1 sequence, deletes, turns the direction of text around. */
const NASTY = `${ESC}[2J${ESC}]0;title\u0007 \u009b31m \u007f \b\r \u202egnp.exe\u2066 \u200f`;
const RAW = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** A tag as anybody who may push can make it. */
function writeTag(name: string, message: string, tagger = `Mallory ${NASTY.replaceAll('\r', '')}`): void {
  const headers = `object ${head}\ntype commit\ntag ${name}\ntagger ${tagger} <m${ESC}[1m@example.com> 1767225600 +0000`;
  registry.writeRawTag(`${headers}\n\n${message}\n`, name);
}
writeTag('churn@v1.0.0', `Register ${NASTY}\twith a tab\n\nSecond line ${NASTY}`);
writeTag('churn#prod#1', `${NASTY}\nno blank line`);

const QUESTIONS = [
  ['show'],
  ['show', 'churn'],
  ['history'],
  ['history', 'churn', '--stage', 'prod'],
  ['which', 'churn', 'prod'],
  ['latest', 'churn'],
];

test.each(QUESTIONS)('reg %s %s: nothing raw in text', async (...args) => {
  for (const more of [[], ['--color', 'always']]) {
    const { stdout, stderr, code } = await reg(...args, ...more);
    expect(code).toBe(0);
    // the colours are the program's own: what the texts bring begins otherwise
    expect(`${stdout}${stderr}`.replaceAll(/\x1b\[\d{1,2}m/g, '')).not.toMatch(RAW);
  }
});

test.each(QUESTIONS)('reg %s %s: nothing raw in JSON, which means the same text', async (...args) => {
  const { stdout, code } = await reg(...args, '--json');
  expect(code).toBe(0);
  expect(stdout).not.toMatch(RAW);
  const all = JSON.stringify(JSON.parse(stdout));
  if (args[0] !== 'show' || args.length > 1) expect(all).toContain('\u202egnp.exe');
});

test('a row of a table stays one line with its number of fields', async () => {
  const { stdout } = await reg('show', 'churn');
  expect(stdout.split('\n')).toHaveLength(2);
  expect(stdout.split('\t')).toHaveLength(6);
  expect(stdout).toContain('\\u{1b}[2J');
});

test('errors quote arguments and tag messages without control characters', async () => {
  for (const args of [
    ['register', 'churn', 'HEAD', '--version', '1.0.0'],
    ['which', NASTY, 'prod'],
    ['show', '--at', NASTY],
  ]) {
    const text = await reg(...args);
    expect(text.stderr).toMatch(/^error: /);
    expect(text.stderr).not.toMatch(RAW);
    const inJson = await reg(...args, '--json');
    expect(inJson.stderr).not.toMatch(RAW);
    expect(JSON.parse(inJson.stderr)).toHaveProperty('error.code');
  }
});

test('names in the work tree come out clean from validate', async () => {
  registry.commit({
    [`${ESC}[31mred.model.yaml`]: 'source: {path: x, rev: main}\n',
    'x.model.yaml': `"\u202e": 1\n`,
  });
  const text = await reg('validate');
  expect(text.code).toBe(1);
  expect(text.stdout).toContain('red.model.yaml');
  expect(text.stdout).not.toMatch(RAW);
  expect((await reg('validate', '--json')).stdout).not.toMatch(RAW);
});
