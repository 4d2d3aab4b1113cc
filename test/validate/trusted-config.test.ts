import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ValidateOptions, validate } from '../../src/checks/validate.js';
import { openContext } from '../../src/open.js';
import { sandbox } from '../support/repo.js';
import { pairs } from '../support/soak.js';

const box = sandbox();
const origin = box.repository('origin');
const STRICT_RULES = `links: required
revs: fixed
rules: {link-suffix: error}
metrics: {rmse: {max: 0.5}}
expects: {app: {artifact: cost, tensors: {weights: {dtype: F64, shape: [3]}}}}
`;
origin.commit({ '.reg.yaml': STRICT_RULES, 'a.model.yml': 'reg: 1\n' });
origin.git('clone', '--quiet', `file://${origin.dir}`, '../clone');
const clone = box.at('clone');
clone.git('checkout', '--quiet', '-b', 'change');

const write = (text: string): void => writeFileSync(join(clone.dir, '.reg.yaml'), text);
async function validated(options: ValidateOptions = {}, env = {}) {
  const context = await openContext('.', { env: { ...box.env, ...env }, cwd: clone.dir, now: () => 0 });
  const { findings, note, ok } = await validate(context, options);
  const found = findings.map(({ level, rule, file, line }) => `${file}:${line} ${rule} ${level}`);
  return { found, note, ok, messages: findings.map(({ message }) => message) };
}

describe('a change cannot choose the rules that it is checked by', () => {
  beforeEach(() => {
    clone.git('remote', 'set-url', 'origin', `file://${origin.dir}`);
    clone.git('checkout', '--quiet', '--force', 'change');
  });

  const CHANGES: [what: string, text: string, changes: string[]][] = [
    ['nothing', STRICT_RULES, []],
    ['a level', STRICT_RULES.replace('link-suffix: error', 'link-suffix: off'), ['3 config-change info']],
    ['revs', STRICT_RULES.replace('fixed', 'floating'), ['2 config-change info']],
    ['limits', STRICT_RULES.replace('0.5', '9'), ['4 config-change info']],
    ['consumers', STRICT_RULES.replace(/expects.*\n/, ''), ['1 config-change info']],
    ['links', STRICT_RULES.replace('required', 'optional'), ['1 config-change info']],
    ['stages, which are no rule', `${STRICT_RULES}stages: [prod]\n`, []],
  ];
  test.each(pairs(CHANGES, [undefined, 'HEAD', 'origin/main']).map(([row, base]) => [...row, base] as const))(
    '%s',
    async (_, text, changes, base) => {
      write(text);
      const { found } = await validated({ base });
      expect(found.filter((one) => one.includes('config-change'))).toEqual(
        changes.map((one) => `.reg.yaml:${one}`),
      );
      if (base === undefined || changes.length > 0) {
        expect(found).toContain('a.model.yml:1 link-suffix error');
        expect(found).toContain('.reg.yaml:1 config-links error');
      }
    },
  );

  test('the file is removed, or committed on the branch that is checked and given as the base', async () => {
    rmSync(join(clone.dir, '.reg.yaml'));
    clone.git('commit', '--quiet', '--all', '--message', 'Rules are gone');
    const { found, messages } = await validated({ base: 'HEAD~0' });
    expect(found.filter((one) => one.includes('config-change'))).toHaveLength(4);
    expect(found).toContain('.reg.yaml:1 config-links error');
    expect(messages).toContain(
      'revs is not that of the default branch of origin, which holds; this one takes effect once it is merged',
    );
    clone.git('reset', '--quiet', '--hard', 'HEAD~1');
  });

  test('a newer default branch is fetched; offline, the one that is here counts, with a warning', async () => {
    origin.commit({ '.reg.yaml': STRICT_RULES.replace('link-suffix: error', 'link-suffix: info') });
    expect((await validated()).found).toContain('a.model.yml:1 link-suffix info');
    const offline = await validated({ offline: true });
    expect(offline.found).toContain('a.model.yml:1 link-suffix error');
    expect(offline.note).toMatch(/^warning: origin was not asked/);
    const embedded = await validated({ offline: true }, { REG_GIT: 'embedded' });
    expect(embedded.found).toEqual(offline.found);
  });

  test('a remote that cannot be reached is no answer', async () => {
    clone.git('remote', 'set-url', 'origin', `file://${box.root}/nowhere`);
    await expect(validated()).rejects.toMatchObject({
      code: 'REMOTE_FAILED',
      hint: expect.stringContaining('--offline'),
    });
    expect((await validated({ offline: true })).note).toMatch(/^warning: /);
  });

  test('a configuration there that cannot be read is repaired by a change that passes', async () => {
    origin.commit({ '.reg.yaml': 'revs: sometimes\n' });
    const { ok, note, found } = await validated();
    expect(note).toMatch(/^warning: the configuration of the default branch of origin cannot be read/);
    expect(found).toContain('a.model.yml:1 link-suffix warning');
    expect(ok).toBe(false);
    origin.git('reset', '--quiet', '--hard', 'HEAD~1');
  });
});
