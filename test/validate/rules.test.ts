import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALL_RULES } from '../../src/checks/rules.js';
import { TAG_RULES } from '../../src/checks/tag-rules.js';
import { validate } from '../../src/checks/validate.js';
import { openContext } from '../../src/open.js';
import { sandbox } from '../support/repo.js';
import { fixtureRules, makeFixture, makeSource } from '../support/validate-fixtures.js';

const box = sandbox();
const source = makeSource(box);
const TAGS = new Set(Object.values(TAG_RULES).map(({ id }) => id as string));
const FILES = ALL_RULES.filter(({ id }) => !TAGS.has(id));
const docs = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');

/** What is validated in a registry of the sandbox. */
async function validated(dir: string, base?: string) {
  const host = { env: box.env, cwd: dir, now: () => 0 };
  return validate(await openContext('.', host), { base });
}

describe('each rule finds what breaks it, and no other does', () => {
  test.each(fixtureRules())('%s', async (rule) => {
    const { registry, hasBase } = makeFixture(box, source, rule);
    const { findings } = await validated(registry.dir, hasBase ? 'HEAD' : undefined);
    const known = ALL_RULES.find(({ id }) => id === rule);
    expect(findings.map((finding) => [finding.rule, finding.level])).toEqual([[rule, known?.level]]);
    expect(findings[0]?.message).toMatch(/^\S.*\S$/);
  });
});

test('every rule about files has a registry that breaks it', () => {
  expect(FILES.map(({ id }) => id).sort()).toEqual(fixtureRules().sort());
});

test.each(ALL_RULES)('$id has its place in the documentation', ({ id, level, about }) => {
  const [, chapter = ''] = docs.split(`\n## ${id}\n`);
  const [text = ''] = chapter.split('\n## ');
  expect(text).toContain(`**${level}**`);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(about);
  expect(text.length).toBeGreaterThan(about.length + 80);
});
