import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { shellWords } from '../../src/cli/complete.js';
import { readLine } from '../../src/cli/table/line.js';
import { parse as parseLine } from '../../src/cli/table/parser.js';
import type { World } from '../../src/cli/world.js';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const ACTION = parse(read('action.yml')) as Action;
const DOCS = read('docs/ci.md');
const blocksOf = (language: string): string[] =>
  [...DOCS.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text = '']) => text,
  );
/** GitLab's tag for a part of another job. */
const REFERENCE = { tag: '!reference', collection: 'seq', resolve: () => [] } as never;
const YAML = blocksOf('yaml').map(
  (text) => parse(text, { uniqueKeys: true, customTags: [REFERENCE] }) as unknown,
);

interface Step {
  id?: string;
  name?: string;
  uses?: string;
  run?: string;
  bash?: string;
  shell?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}
interface Action {
  inputs: Record<string, { description: string; default: unknown; required?: boolean }>;
  outputs: Record<string, { description: string; value: string }>;
}

/** Everything in a document that is a mapping, however deep. */
function mappings(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(mappings);
  if (value === null || typeof value !== 'object') return [];
  return [value as Record<string, unknown>, ...Object.values(value).flatMap(mappings)];
}
const STEPS = (YAML.flatMap(mappings) as Step[]).filter(({ uses, run, bash }) =>
  [uses, run, bash].some((one) => typeof one === 'string'),
);
/** Shell scripts of the workflows, of the jobs of GitLab, Azure and Jenkins, and of the hooks. */
const SCRIPTS = [
  ...STEPS.flatMap(({ uses, run, bash }) => (uses === undefined ? (run ?? bash ?? []) : [])),
  ...YAML.flatMap(mappings).flatMap(
    ({ script, before_script }) => [script, before_script].flat() as string[],
  ),
  ...blocksOf('groovy').flatMap((text) =>
    [...text.matchAll(/^ *sh '(.*)'$/gm)].map(([, script = '']) => script),
  ),
  ...blocksOf('sh'),
].filter((text): text is string => typeof text === 'string');

describe('the patterns for tags in docs/ci.md', () => {
  const [, section = ''] = /^## When a model enters prod\n([\s\S]*?)^## /m.exec(DOCS) ?? [];
  const globOf = (glob: string, one: string): RegExp =>
    new RegExp(`^${glob.replaceAll('**', '\0').replaceAll('*', one).replaceAll('\0', '.*')}$`);
  /** How each CI reads its pattern: the documentation of GitHub ("Filter pattern cheat sheet"), GitLab, Jenkins and Azure ("Wildcards"). */
  const READERS: Readonly<Record<string, (row: string) => RegExp>> = {
    'GitHub Actions': (row) => globOf(parse(row).on.push.tags[0], '[^/]*'),
    GitLab: (row) => new RegExp(/\/(.*)\//.exec(parse(row).rules[0].if)?.[1] ?? 'none'),
    Jenkins: (row) => new RegExp(`^(?:${/pattern: '(.*?)'/.exec(row)?.[1]?.replaceAll('\\\\', '\\')})$`),
    'Azure Pipelines': (row) => globOf(parse(row).trigger.tags.include[0], '.*'),
  };
  const rows = [...section.matchAll(/^\| (\w[\w ]*?) +\| `(.*?)` +\|.*\[/gm)].flatMap(
    ([, ci = '', row = '']) => (ci in READERS ? [[ci, row] as const] : []),
  );

  test('there is one for each CI', () => {
    expect(rows.map(([ci]) => ci)).toEqual(Object.keys(READERS));
  });

  test.each(rows)('%s: %s', (ci, row) => {
    const pattern = READERS[ci]?.(row) ?? /none/;
    for (const tag of ['churn#prod#1', 'churn#prod#12', 'models=eu/churn#prod#3', 'a.b-c=churn#prod#3'])
      expect(tag).toMatch(pattern);
    for (const tag of ['churn#prod!#4', 'churn#prod-eu#3', 'churn@v1.0.0', 'churn#dev#2', 'prod', 'v1.0.0'])
      expect(tag).not.toMatch(pattern);
    const whole = DOCS.replace(section, '');
    const own = /"[^"]+"|\/[^/]+\/|'\.\*.*?'/.exec(row)?.[0] ?? 'none';
    expect(whole, 'the pipeline has the same').toContain(own);
  });
});

describe('the workflows in docs/ci.md', () => {
  test('use inputs and outputs of the action that there are', () => {
    const ours = STEPS.filter(({ uses }) => uses?.startsWith('mycompany/reg@'));
    expect(ours.length).toBeGreaterThan(3);
    for (const { with: given = {} } of ours)
      expect(Object.keys(ACTION.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
    const used = [...DOCS.matchAll(/steps\.reg\.outputs\.(\w+)/g)].map(([, name = '']) => name);
    expect(Object.keys(ACTION.outputs)).toEqual(expect.arrayContaining(used));
  });

  test('ask for no more permissions than they need', () => {
    const asked = YAML.flatMap(mappings).flatMap(({ permissions }) =>
      permissions === undefined ? [] : [permissions],
    );
    expect(asked.length).toBeGreaterThan(2);
    const writes = /command: (?:assign|register|rollback)|--push/;
    for (const text of blocksOf('yaml').filter((one) => one.includes('permissions:')))
      expect(/contents: (\w+)/.exec(text)?.[1], text).toBe(writes.test(text) ? 'write' : 'read');
    for (const document of YAML as Record<string, unknown>[])
      if ('on' in document) expect(document).toHaveProperty('permissions');
  });

  test('start for assignments to prod, whatever the artifact is called', () => {
    const patterns = YAML.flatMap(mappings).flatMap(({ tags }) =>
      Array.isArray(tags) ? [tags as string[]] : [],
    );
    const [deploy = [], audit = []] = patterns;
    const starts = (all: readonly string[], tag: string): boolean => all.some((one) => globOf(one).test(tag));
    for (const tag of ['churn#prod#3', 'models=eu/churn#prod#12'])
      expect(starts(deploy, tag), tag).toBe(true);
    for (const tag of ['churn#prod!#3', 'churn@v1.0.0', 'churn#dev#3', 'prod'])
      expect(starts(deploy, tag), tag).toBe(false);
    for (const tag of [
      'churn#prod#3',
      'models=eu/churn@v1.0.0!',
      'a@deprecated',
      'reg/approve/a/v1.0.0/prod/x',
    ])
      expect(starts(audit, tag), tag).toBe(true);
    for (const tag of ['v1.0.0', 'release-2020']) expect(starts(audit, tag), tag).toBe(false);
  });

  test('every line that runs reg can be typed', async () => {
    const lines = SCRIPTS.flatMap((text) => text.replaceAll('\\\n', ' ').split('\n')).flatMap(commandsIn);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(await typed(line), line).toHaveLength(1);
  });

  test('no page runs a package by its name, or installs one', () => {
    for (const page of ['README.md', ...readdirSync(new URL('../../docs/', import.meta.url))])
      if (page.endsWith('.md'))
        expect(read(page === 'README.md' ? page : `docs/${page}`), page).not.toMatch(
          /\bnpx (?:-\S+ )*(?:git-reg|reg)\b|npm install\b[^\n`]* git-reg(?![-.\w])/,
        );
  });

  test('every script is one', () => {
    for (const text of SCRIPTS) {
      const run = spawnSync('bash', ['-n'], {
        input: text.replaceAll(/\$\{\{.*?\}\}/g, 'x'),
        encoding: 'utf8',
      });
      expect(run.stderr, text).toBe('');
    }
  });
});

/** A pattern of GitHub's filters: `*` is anything but a slash, `**` anything. */
const globOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split('**')
      .map((part) =>
        part
          .split('*')
          .map((text) => text.replaceAll(/[.+?^$()[\]{}|\\]/g, '\\$&'))
          .join('[^/]*'),
      )
      .join('.*')}$`,
  );

/** The command lines of reg in a line of shell, without what follows them. */
const commandsIn = (line: string): string[] =>
  [...line.matchAll(/(?:^|[\s(])(?:reg|node "\S*reg\.cjs") ([a-z-]+ [^|>)&;]*|[a-z-]+$)/g)].map(
    ([, rest = '']) => rest.trim(),
  );

function typed(line: string): string[] {
  const world = {
    stdout: { write: () => true },
    columns: 80,
    version: '1',
    env: {},
    cwd: '.',
  } as unknown as World;
  const name = parseLine(readLine(shellWords(line)), world)?.command.name;
  return name === undefined ? [] : [name];
}
