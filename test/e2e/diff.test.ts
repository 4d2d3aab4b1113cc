import { expect, test } from 'vitest';
import { runReg } from '../support/cli.js';
import { jsonIn, regIn, transcript } from '../support/cli-here.js';
import { sandbox } from '../support/repo.js';
import { tagHourly } from './registry.js';

const box = sandbox();
const research = box.repository('research');
const trained = [
  research.commit({ 'model.bin': 'one' }, 'Train'),
  research.commit({ 'model.bin': 'three' }, 'Train longer'),
];
const registry = box.repository('registry');

const link = (commit: string, more: string): string => `reg: 1
source: {repo: ../research, rev: main, commit: ${commit}, path: model.bin}
sha256: ${commit.slice(0, 1).repeat(64)}
type: model
${more}`;
registry.commit({
  '.reg.yaml': 'metrics: {rmse: {max: 0.5}, auc: {min: 0.7}}\n',
  'churn.model.yaml': link(
    trained[0] ?? '',
    'size: 3\nparams: {alpha: 0.1}\nlabels: {team: pricing}\nmetrics: {rmse: 0.42, auc: 0.8}\ninterface: {inputs: {x: {dtype: float32, shape: [null, 3]}}}\n',
  ),
});
tagHourly(box, registry, 'churn@v1.0.0');
registry.commit(
  {
    'churn.model.yaml': link(
      trained[1] ?? '',
      'size: 5\nparams: {alpha: 0.2}\ndescription: Better\nmetrics: {rmse: 0.38, auc: 0.75}\ninterface: {inputs: {x: {dtype: float64, shape: [n, 3]}}}\n',
    ),
  },
  'Train churn for longer',
);
tagHourly(box, registry, 'churn@v1.1.0', 'churn#prod#1', 'other@v1.0.0');
const reg = regIn(box, registry.dir);
const json = jsonIn(box, registry.dir);

test('in a pipe one line a change and a commit', async () => {
  expect(transcript(await reg('diff', 'churn@v1.0.0', 'churn#prod'))).toMatchInlineSnapshot(`
    "$ reg diff churn@v1.0.0 'churn#prod'
    source	commit	<oid 1>	<oid 2>	-
    bytes	sha256	1111111111111111111111111111111111111111111111111111111111111111	eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee	-
    bytes	size	3	5	+2
    about	description	-	Better	added
    labels	team	pricing	-	removed
    params	alpha	0.1	0.2	+0.1
    metrics	rmse	0.42	0.38	-0.04 better
    metrics	auc	0.8	0.75	-0.05 worse
    interface	inputs.x	float32[?, 3]	float64[n, 3]	-
    source-log	+	<oid 2>	2026-01-01T00:00:00Z	Train longer
    registry-log	+	<oid 3>	2026-01-01T01:00:00Z	Train churn for longer
    "
  `);
});

// before the program starts, its output says that it is a terminal
const TERMINAL = '--import=data:text/javascript,process.stdout.isTTY=true;process.stdout.columns=120';

test('on a terminal a table, then the commits', async () => {
  const env = { NODE_OPTIONS: TERMINAL, NO_COLOR: '1' };
  const { stdout } = await runReg(box, { cwd: registry.dir, env }, 'diff', 'churn@v1.0.0', '#prod');
  expect(
    stdout.replaceAll(/\b[0-9a-f]{7}\b/g, '<oid>').replaceAll(/\b[0-9a-f]{12}\b/g, '<digits>'),
  ).toMatchInlineSnapshot(`
    "                        churn@v1.0.0   churn#prod (v1.1.0)
    source     commit       <digits>   <digits>
    bytes      sha256       <digits>   <digits>
    bytes      size         3              5                    +2
    about      description  -              Better               added
    labels     team         pricing        -                    removed
    params     alpha        0.1            0.2                  +0.1
    metrics    rmse         0.42           0.38                 -0.04 better
    metrics    auc          0.8            0.75                 -0.05 worse
    interface  inputs.x     float32[?, 3]  float64[n, 3]

       <oid>..<oid>                       commits of the source
    +  <oid>           2026-01-01  Ann Lee  Train longer

       <oid>..<oid>                       commits of the registry
    +  <oid>           2026-01-01  Ann Lee  Train churn for longer
    "
  `);
  const coloured = await runReg(
    box,
    { cwd: registry.dir, env: { NODE_OPTIONS: TERMINAL } },
    'diff',
    'churn@v1.0.0',
    '#prod',
  );
  expect(coloured.stdout).toContain('\u001b[32m-0.04 better\u001b[39m');
});

test('in JSON', async () => {
  const found = await json('diff', 'churn#prod', 'churn@v1.0.0');
  expect(found).toMatchObject({
    from: { target: 'churn#prod', artifact: 'churn', version: 'v1.1.0', file: 'churn.model.yaml' },
    to: { target: 'churn@v1.0.0', artifact: 'churn', version: 'v1.0.0' },
    same: false,
    log: {
      source: {
        added: [],
        removed: [{ commit: trained[1], subject: 'Train longer', time: '2026-01-01T00:00:00Z' }],
        more: false,
        problem: null,
      },
      registry: { added: [], removed: [{ subject: 'Train churn for longer', author: 'Ann Lee' }] },
    },
  });
  const { changes } = found as { changes: unknown[] };
  expect(changes).toContainEqual({
    section: 'metrics',
    name: 'rmse',
    kind: 'changed',
    from: 0.38,
    to: 0.42,
    delta: 0.04,
    better: false,
  });
  expect(changes).toContainEqual({
    section: 'metrics',
    name: 'auc',
    kind: 'changed',
    from: 0.75,
    to: 0.8,
    delta: 0.05,
    better: true,
  });
});

test('the second may be short or left out, and what does not differ says so', async () => {
  const runs = [
    await reg('diff', 'churn#prod', '@latest', '--exit-code'),
    await reg('diff', 'churn#prod', '--exit-code'),
    await reg('diff', 'churn@v1.0.0', '--exit-code', '--log', '0', '--quiet'),
    await reg('diff', 'churn@v1.0.0', '--at', '2026-01-01T00:30:00Z', '--log', '0', '@v1.0.0'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg diff 'churn#prod' @latest --exit-code
    -- stderr --
    churn#prod and churn@latest do not differ

    $ reg diff 'churn#prod' --exit-code
    -- stderr --
    churn#prod and churn do not differ

    $ reg diff churn@v1.0.0 --exit-code --log 0 --quiet
    source	commit	<oid 1>	<oid 2>	-
    bytes	sha256	1111111111111111111111111111111111111111111111111111111111111111	eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee	-
    bytes	size	3	5	+2
    about	description	-	Better	added
    labels	team	pricing	-	removed
    params	alpha	0.1	0.2	+0.1
    metrics	rmse	0.42	0.38	-0.04 better
    metrics	auc	0.8	0.75	-0.05 worse
    interface	inputs.x	float32[?, 3]	float64[n, 3]	-
    -- exit 1 --

    $ reg diff churn@v1.0.0 --at 2026-01-01T00:30:00Z --log 0 @v1.0.0
    -- stderr --
    churn@v1.0.0 and churn@v1.0.0 do not differ
    "
  `);
});

test('what is not declared, and what is not there', async () => {
  const runs = [
    await reg('diff', 'churn@v1.0.0', 'other@v1.0.0', '--log', '0'),
    await reg('diff', 'churn@v1.0.0', 'churn#dev'),
    await reg('diff', 'churn', 'nobody@v1.0.0'),
  ];
  expect(transcript(...runs)).toMatchInlineSnapshot(`
    "$ reg diff churn@v1.0.0 other@v1.0.0 --log 0
    source	repo	../research	-	removed
    source	rev	main	-	removed
    source	commit	<oid 1>	-	removed
    source	path	model.bin	-	removed
    bytes	sha256	1111111111111111111111111111111111111111111111111111111111111111	-	removed
    bytes	size	3	-	removed
    about	type	model	-	removed
    labels	team	pricing	-	removed
    params	alpha	0.1	-	removed
    metrics	rmse	0.42	-	removed
    metrics	auc	0.8	-	removed
    interface	inputs.x	float32[?, 3]	-	removed

    $ reg diff churn@v1.0.0 'churn#dev'
    -- stderr --
    error: no version of churn is in stage dev
    hint: there is prod
    -- exit 1 --

    $ reg diff churn nobody@v1.0.0
    -- stderr --
    error: no artifact 'nobody' is registered here
    hint: there are churn, other
    -- exit 1 --
    "
  `);
});

test('at a URL there is nothing that a relative source could start from', async () => {
  const { stdout, stderr, code } = await runReg(
    box,
    { cwd: box.root },
    'diff',
    'churn@v1.0.0',
    '#prod',
    '--repo',
    `file://${registry.dir}`,
  );
  expect(code).toBe(0);
  expect(stdout).toContain('registry-log\t+');
  expect(stdout).not.toContain('source-log');
  expect(stderr).toContain('the commits of the source are not shown');
});

test('no commit can steer the terminal', async () => {
  registry.commit({}, 'evil \u001b[31m subject');
  const { stdout } = await reg('diff', 'churn#prod');
  expect(stdout).toContain('\\u{1b}[31m');
});

test('an artifact alone is compared with its latest version; commits that change nothing are no contradiction', async () => {
  registry.commit({ 'notes.md': 'a' });
  registry.commit({ 'notes.md': 'b' });
  const commits = `${registry.git('rev-list', '--count', 'churn@v1.1.0..HEAD')} commits`;
  const run = await reg('diff', 'churn', '--exit-code');
  expect(run).toMatchObject({ code: 0 });
  expect(run.stderr).toBe(`churn@latest and churn say the same; ${commits} of the registry between\n`);
  expect(await json('diff', 'churn')).toMatchObject({ from: { version: 'v1.1.0' }, to: { version: null } });
});
