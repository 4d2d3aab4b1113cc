import { expect, test } from 'vitest';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { hourlyIn, makeRegistry, tagHourly } from './registry.js';

const LINK = `reg: 1
source: {path: model.bin, rev: main}
sha256: ${'a'.repeat(64)}
size: 7
type: model
description: Who will leave
labels: {team: pricing}
params: {alpha: 0.1}
metrics: {rmse: 0.42}
`;
const ANNOTATIONS = `fraud:
  type: model
  path: models/fraud.bin
  description: Who cheats
  labels: [live]
  custom: {owner: ann}
'models:spam': {type: model, path: spam.bin}
`;
const DVC = `stages: {}
artifacts:
  taste:
    path: taste.pkl
    type: model
    desc: Who likes what
    labels: [rec]
    meta: {framework: sklearn}
`;
const box = sandbox();
const registry = makeRegistry(box, 'registry', 'churn');
tagHourly(box, registry, 'churn@v1.0.0', 'churn#prod#1');
registry.commit({
  'churn.model.yaml': LINK,
  'artifacts.yaml': ANNOTATIONS,
  'dvc.yaml': DVC,
  'rec/dvc.yaml': DVC,
});
tagHourly(box, registry, 'churn@v1.1.0', 'churn#prod#2', 'rec=taste@v0.1.0', 'other@v1.0.0');
const commit = registry.git('rev-parse', 'HEAD');
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);
const hourly = hourlyIn(box, registry);

test('a link', async () => {
  expect(transcript(await reg('describe', 'churn'))).toMatchInlineSnapshot(`
    "$ reg describe churn
    artifact	churn
    commit	<oid 1>
    declaredBy	link
    file	churn.model.yaml
    type	model
    description	Who will leave
    path	model.bin
    labels	{"team":"pricing"}
    source	{"rev":"main","path":"model.bin"}
    sha256	aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    size	7
    params	{"alpha":0.1}
    metrics	{"rmse":0.42}
    digest	sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    "
  `);
});

test("gto's artifacts.yaml and the artifacts of a dvc.yaml, also in a folder", async () => {
  const runs = await hourly('describe fraud', 'describe models:spam', 'describe rec:taste@v0.1.0');
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg describe fraud
    artifact	fraud
    commit	<oid 1>
    declaredBy	annotation
    file	artifacts.yaml
    type	model
    description	Who cheats
    path	models/fraud.bin
    labels	["live"]
    custom	{"owner":"ann"}

    $ reg describe models:spam
    artifact	models:spam
    commit	<oid 1>
    declaredBy	annotation
    file	artifacts.yaml
    type	model
    path	spam.bin

    $ reg describe rec:taste@v0.1.0
    artifact	rec:taste
    version	v0.1.0
    commit	<oid 1>
    declaredBy	dvc
    file	rec/dvc.yaml
    type	model
    description	Who likes what
    path	rec/taste.pkl
    labels	["rec"]
    custom	{"framework":"sklearn"}
    "
  `);
});

test('absent values are null in JSON', async () => {
  expect(await json('describe', 'churn@v1.1.0')).toEqual({
    artifact: 'churn',
    version: 'v1.1.0',
    commit,
    declaredBy: 'link',
    file: 'churn.model.yaml',
    type: 'model',
    description: 'Who will leave',
    path: 'model.bin',
    labels: { team: 'pricing' },
    source: { path: 'model.bin', rev: 'main' },
    digest: `sha256:${'a'.repeat(64)}`,
    sha256: 'a'.repeat(64),
    size: 7,
    params: { alpha: 0.1 },
    metrics: { rmse: 0.42 },
    interface: null,
    custom: null,
    serving: null,
    evidence: null,
    approvals: [],
  });
  expect(await json('describe', 'fraud')).toEqual({
    artifact: 'fraud',
    version: null,
    commit,
    declaredBy: 'annotation',
    file: 'artifacts.yaml',
    type: 'model',
    description: 'Who cheats',
    path: 'models/fraud.bin',
    labels: ['live'],
    digest: null,
    source: null,
    sha256: null,
    size: null,
    params: null,
    metrics: null,
    interface: null,
    custom: { owner: 'ann' },
    serving: null,
    evidence: null,
    approvals: [],
  });
});

test.each([
  ['a version', ['churn@v1.0.0'], 'v1.0.0', false],
  ['a version without its v', ['churn@1.1.0'], 'v1.1.0', true],
  ['the latest version', ['churn@latest'], 'v1.1.0', true],
  ['a stage', ['churn#prod'], 'v1.1.0', true],
  ['a stage in the past', ['churn#prod', '--at', '2026-01-01T01:30:00Z'], 'v1.0.0', false],
  ['a rev', ['churn', '--rev', 'HEAD~1'], null, false],
  ['HEAD', ['churn'], null, true],
])('as it is at %s', async (_what, args, version, isDescribed) => {
  const description = isDescribed ? 'Who will leave' : null;
  expect(await json('describe', ...args)).toMatchObject({ version, description });
});

test('what cannot be described', async () => {
  const runs = await hourly(
    'describe nobody',
    'describe other@v1.0.0',
    'describe fraud --rev HEAD~1',
    'describe churn@v9.0.0',
    'describe churn#dev',
    'describe churn --at 2026-01-01',
    'describe churn@v1.0.0 --rev HEAD',
  );
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg describe nobody
    -- stderr --
    error: commit <oid 1, short> declares no artifact 'nobody'
    hint: declare it with: reg link <path> nobody
    -- exit 1 --

    $ reg describe other@v1.0.0
    -- stderr --
    error: other v1.0.0 was registered without a declaration, so nothing tells where its bytes are
    hint: declare it and register the next version: reg link <path> other, git commit, reg register other
    -- exit 1 --

    $ reg describe fraud --rev 'HEAD~1'
    -- stderr --
    error: commit <oid 2, short> declares no artifact 'fraud'
    hint: declare it with: reg link <path> fraud
    -- exit 1 --

    $ reg describe churn@v9.0.0
    -- stderr --
    error: churn has no version v9.0.0
    hint: there are v1.1.0, v1.0.0
    -- exit 1 --

    $ reg describe 'churn#dev'
    -- stderr --
    error: no version of churn is in stage dev
    hint: there is prod
    -- exit 1 --

    $ reg describe churn --at 2026-01-01
    -- stderr --
    error: a time needs a stage or a version to ask about
    hint: write churn#STAGE or churn@latest
    -- exit 2 --

    $ reg describe churn@v1.0.0 --rev HEAD
    -- stderr --
    error: the version is named in more than one way
    hint: give one of a stage, a version and a rev
    -- exit 2 --
    "
  `);
});
