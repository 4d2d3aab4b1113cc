import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { regIn } from '../support/cli-here.js';
import { type Gitolite, hasGitolite, serveGitolite } from '../support/gitolite.js';
import { type Repository, sandbox } from '../support/repo.js';
import { makePlain } from './registry.js';

const box = sandbox();

/** The blocks of docs/hosts.md, which are tried here as they are. */
const DOCS = readFileSync(new URL('../../docs/hosts.md', import.meta.url), 'utf8');
const [, SETTING = ''] = /^```perl\n(.*)\n```$/m.exec(DOCS) ?? [];
const [, RULES = ''] = /^```\n(repo models\n[^`]*)^```$/m.exec(DOCS) ?? [];
/** What a person writes who does not know that # begins a comment. */
const CUT_OFF = 'repo naive\n    -    refs/tags/.*#prod#   = @all\n    RW   refs/   = @all\n';

describe.runIf(hasGitolite)('gitolite over ssh, both of this machine', () => {
  let host: Gitolite;
  let registry: Repository;
  const as = (person: string) => regIn(box, registry.dir, host.as(person));

  beforeAll(async () => {
    host = await serveGitolite(box, ['ann', 'bob'], `\n${RULES}\n${CUT_OFF}`);
    registry = makePlain(box, 'registry', 'churn');
    registry.git('remote', 'add', 'origin', host.url('models'));
  });
  afterAll(() => host?.close());

  test('takes versions, refuses each # until its setting allows it, and the hint has the setting', async () => {
    expect(await as('ann')('register', 'churn', '--push')).toMatchObject({
      code: 0,
      stdout: 'churn@v0.0.1\n',
    });
    const refused = await as('ann')('assign', 'churn', 'prod', '--push');
    expect(refused).toMatchObject({ code: 4, stdout: '' });
    expect(refused.stderr).toMatch(
      /^error: origin refused the push: .*invalid characters in ref or filename/,
    );
    expect(refused.stderr).toContain(SETTING);
    expect(registry.tags()).toEqual(['churn@v0.0.1']);
    host.configure(SETTING);
    expect(await as('ann')('assign', 'churn', 'prod', '--push')).toMatchObject({
      code: 0,
      stdout: 'churn#prod#1\n',
    });
  });

  test('keeps prod to those whom the rule names, and moves and deletes nothing', async () => {
    registry.commit({ 'artifacts.yaml': 'churn: {type: model}\n# again\n' });
    for (const command of ['assign', 'unassign']) {
      const { code, stderr } = await as('bob')(command, 'churn', 'prod', '--push');
      expect(code).toBe(4);
      expect(stderr).toMatch(/ DENIED by refs\/tags.*\n(.*\n)*hint: .*\\x23prod/);
    }
    expect(registry.tags()).toEqual(['churn#prod#1', 'churn@v0.0.1']);
    expect(await as('bob')('assign', 'churn', 'production', '--version', '0.0.1', '--push')).toMatchObject({
      code: 0,
    });
    const deleting = await as('ann')('unassign', 'churn@v0.0.1', 'production', '--delete', '--yes', '--push');
    expect(deleting).toMatchObject({ code: 4 });
    expect(registry.tags()).toContain('churn#production#2');
  });

  test('cuts a rule off at a #, with a warning for the administrator alone', () => {
    expect(host.warnings).toContain("syntax error, ignoring: '- refs/tags/.*'");
  });

  test('names the rule that is missing where no rule lets anyone read', async () => {
    registry.git('remote', 'add', 'elsewhere', host.url('nosuch'));
    const run = await as('bob')('status', '--remote', 'elsewhere');
    expect(run).toMatchObject({ code: 4 });
    expect(run.stderr).toMatch(/^hint: see .*conf\/gitolite\.conf: one has to give you R/m);
  });
});
