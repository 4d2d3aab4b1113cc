import { expect, test } from 'vitest';
import { regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();

test('in a repository with a .gto, what gto cannot read is refused or reported, and listed by doctor', async () => {
  const registry = box.repository('gto');
  registry.commit({
    '.gto': 'stages: [prod]\n',
    'm.bin': 'm',
    'churn.model.yaml': 'source: {path: m.bin}\n',
  });
  const reg = regIn(box, registry.dir);
  registry.tag('churn@v1.0.0');
  box.advance(60);
  registry.tag('churn@v1.0.0!');
  box.advance(60);
  const runs = [
    await reg('register', 'churn', '--version', '1.0.0'),
    await reg('register', 'churn', '--version', '2.0.0'),
    await reg('register', 'churn', '--version', '2.0.0', '--force'),
    await reg('assign', 'churn@2.0.0', 'prod'),
    await reg('doctor', '--offline'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg register churn --version 1.0.0
    -- stderr --
    error: cannot write churn@v1.0.0#1 beside gto: it registers v1.0.0 again after churn@v1.0.0: gto show ends with an error for churn
    hint: register another version at another commit, or add --force where gto is not used any more
    -- exit 1 --

    $ reg register churn --version 2.0.0
    -- stderr --
    error: cannot write churn@v2.0.0 beside gto: v1.0.0 and v2.0.0 are both at <oid 1, short>: gto ends with an error for every artifact once one of them is assigned
    hint: register another version at another commit, or add --force where gto is not used any more
    -- exit 1 --

    $ reg register churn --version 2.0.0 --force
    churn@v2.0.0
    -- stderr --
    churn@v2.0.0: v1.0.0 and v2.0.0 are both at <oid 1, short>: gto ends with an error for every artifact once one of them is assigned

    $ reg assign churn@2.0.0 prod
    churn#prod#1
    -- stderr --
    churn#prod#1: it is at <oid 1, short>, where v1.0.0 and v2.0.0 are: gto ends with an error for every artifact
    churn#prod#1 is dated 2026-01-01T00:02:01Z, after this clock: tags of an artifact are a second apart; gto sorts by date, so let it write after that

    $ reg doctor --offline
    error	gto-readable	churn@v2.0.0	v1.0.0 and v2.0.0 are both at <oid 1, short>: gto ends with an error for every artifact once one of them is assigned	-
    error	gto-readable	churn#prod#1	it is at <oid 1, short>, where v1.0.0 and v2.0.0 are: gto ends with an error for every artifact	-
    -- exit 1 --
    "
  `);
});
