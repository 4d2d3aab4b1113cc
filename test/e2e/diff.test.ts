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

const withoutOids = (text: string): string => text.replaceAll(/\b[0-9a-f]{7}([0-9a-f]{5})?\b/g, '<oid>');

test('as the comment on a pull request', async () => {
  const { stdout, stderr, code } = await reg('diff', 'churn@v1.0.0', '#prod', '--format', 'markdown');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'worse: auc is 0.75, worse than 0.8 of churn@v1.0.0\n',
  });
  expect(withoutOids(stdout)).toMatchInlineSnapshot(`
    "<!-- reg diff churn -->

    ### <code>churn</code>

    **Worse**

    - <code>auc is 0&#46;75, worse than 0&#46;8 of churn&#64;v1&#46;0&#46;0</code>

    |  |  | <code>churn&#64;v1&#46;0&#46;0</code> | <code>churn&#35;prod &#40;v1&#46;1&#46;0&#41;</code> |  |
    | --- | --- | --- | --- | --- |
    | metrics | <code>rmse</code> | <code>0&#46;42</code> | <code>0&#46;38</code> | <code>&#45;0&#46;04</code> better (lower is better) |
    | metrics | <code>auc</code> | <code>0&#46;8</code> | <code>0&#46;75</code> | <code>&#45;0&#46;05</code> **worse** (higher is better) |
    | params | <code>alpha</code> | <code>0&#46;1</code> | <code>0&#46;2</code> | <code>&#43;0&#46;1</code> |
    | source | <code>commit</code> | <code><oid></code> | <code><oid></code> |  |
    | bytes | <code>sha256</code> | <code><oid></code> | <code><oid></code> |  |
    | bytes | <code>size</code> | <code>3</code> | <code>5</code> | <code>&#43;2</code> |
    | about | <code>description</code> |  | <code>Better</code> | added |
    | labels | <code>team</code> | <code>pricing</code> |  | removed |
    | interface | <code>inputs&#46;x</code> | <code>float32&#91;?, 3&#93;</code> | <code>float64&#91;n, 3&#93;</code> |  |

    <details><summary>1 commit of the source</summary>

    - + <code><oid></code> 2026-01-01 <code>Train longer</code>

    </details>

    <details><summary>1 commit of the registry</summary>

    - + <code><oid></code> 2026-01-01 <code>Train churn for longer</code>

    </details>
    "
  `);
});

test('what is worse by the rules of metrics exits 1, and nothing else does', async () => {
  const codes = async (...args: string[]) => (await reg('diff', ...args, '--log', '0', '-q')).code;
  expect(await codes('churn@v1.0.0', '#prod', '--exit-code=worse')).toBe(1);
  expect(await codes('churn#prod', 'churn@v1.0.0', '--exit-code=worse')).toBe(1);
  expect(await codes('churn#prod', '--exit-code=worse')).toBe(0);
  expect(await codes('--exit-code', 'churn@v1.0.0', '#prod')).toBe(1);
  expect(await codes('--exit-code=differs', 'churn@v1.0.0', '#prod')).toBe(1);
  expect(await codes('--exit-code=other', 'churn@v1.0.0', '#prod')).toBe(2);
  expect(await json('diff', 'churn#prod', '--log', '0')).toMatchObject({ worse: null, reasons: [] });
  expect(await json('diff', 'churn#prod', '--exit-code=worse')).toMatchObject({ worse: false, reasons: [] });
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

test('a stage alone is compared with everything that HEAD declares', async () => {
  const box2 = sandbox();
  const here = box2.repository('registry');
  const declared = (n: number, more: string) =>
    `reg: 1\nsource: {url: s3://models/m${n}}\nsha256: ${String(n).repeat(64)}\n${more}`;
  here.commit({
    '.reg.yaml': 'metrics: {rmse: {noWorseThan: prod, better: lower, tolerance: 0.01}}\n',
    'churn.model.yaml': declared(1, 'metrics: {rmse: 0.4, f1: 0.9}\n'),
    'kept.model.yaml': declared(2, ''),
    'gone.model.yaml': declared(3, 'metrics: {rmse: 1}\n'),
  });
  tagHourly(
    box2,
    here,
    'churn@v1.0.0',
    'churn#prod#1',
    'kept@v1.0.0',
    'kept#prod#1',
    'gone@v1.0.0',
    'gone#prod#1',
  );
  here.git('switch', '-q', '-c', 'change');
  here.git('rm', '-q', 'gone.model.yaml');
  here.commit({
    // what a change says of its own metrics does not count
    '.reg.yaml': 'metrics: {rmse: {better: higher}}\n',
    'churn.model.yaml': declared(4, "description: '@team <b>#1</b> | `x`'\nmetrics: {rmse: 0.42, f1: 0.8}\n"),
    'new.model.yaml': declared(5, 'metrics: {rmse: 9}\n'),
  });
  const [there, asked] = [regIn(box2, here.dir), jsonIn(box2, here.dir)];
  const page = await there('diff', '#prod', '--format', 'markdown', '--exit-code=worse', '--log', '0');
  expect(page.code).toBe(1);
  expect(page.stderr).toBe(
    'worse of churn: rmse is 0.42, worse than 0.4 of churn#prod; with a tolerance of 0.01 it has to be at most 0.41\n' +
      'no rule says which way is better of churn, so it is not judged: f1\n' +
      'worse of gone: rmse was 1 of gone#prod, and is gone\n',
  );
  expect(withoutOids(page.stdout)).toMatchInlineSnapshot(`
    "<!-- reg diff #prod -->

    ### <code>churn</code>

    **Worse**

    - <code>rmse is 0&#46;42, worse than 0&#46;4 of churn&#35;prod; with a tolerance of 0&#46;01 it has to be at most 0&#46;41</code>

    |  |  | <code>churn&#35;prod &#40;v1&#46;0&#46;0&#41;</code> | <code>churn &#40;<oid>&#41;</code> |  |
    | --- | --- | --- | --- | --- |
    | metrics | <code>rmse</code> | <code>0&#46;4</code> | <code>0&#46;42</code> | <code>&#43;0&#46;02</code> **worse** (lower is better) |
    | metrics | <code>f1</code> | <code>0&#46;9</code> | <code>0&#46;8</code> | <code>&#45;0&#46;1</code> |
    | source | <code>url</code> | <code>s3&#58;//models/m1</code> | <code>s3&#58;//models/m4</code> |  |
    | bytes | <code>sha256</code> | <code><oid></code> | <code><oid></code> |  |
    | about | <code>description</code> |  | <code>&#64;team &lt;b&gt;&#35;1&lt;/b&gt; &#124; &#96;x&#96;</code> | added |

    No rule says which way is better: <code>f1</code>

    ### <code>gone</code>

    **Worse**

    - <code>rmse was 1 of gone&#35;prod, and is gone</code>

    |  |  | <code>gone&#35;prod &#40;v1&#46;0&#46;0&#41;</code> | <code>gone &#40;<oid>&#41;</code> |  |
    | --- | --- | --- | --- | --- |
    | metrics | <code>rmse</code> | <code>1</code> |  | removed |
    | source | <code>url</code> | <code>s3&#58;//models/m3</code> |  | removed |
    | bytes | <code>sha256</code> | <code><oid></code> |  | removed |

    ### <code>new</code>

    |  |  | nothing | <code>new &#40;<oid>&#41;</code> |  |
    | --- | --- | --- | --- | --- |
    | metrics | <code>rmse</code> |  | <code>9</code> | added |
    | source | <code>url</code> |  | <code>s3&#58;//models/m5</code> | added |
    | bytes | <code>sha256</code> |  | <code><oid></code> | added |

    The same as in <code>&#35;prod</code>: <code>kept</code>
    "
  `);
  const rows = (await asked('diff', '#prod')) as {
    from: object | null;
    to: { artifact: string };
    same: boolean;
  }[];
  expect(rows.map(({ from, to, same }) => [to.artifact, from !== null, same])).toEqual([
    ['churn', true, false],
    ['gone', true, false],
    ['kept', true, true],
    ['new', false, false],
  ]);
  const lines = (await there('diff', '#prod', '--log', '0')).stdout.split('\n');
  expect(lines).toContain('new\tmetrics\trmse\t-\t9\tadded');
  expect(await there('diff', '#prod', 'churn')).toMatchObject({ code: 2 });
  expect(await there('diff', '#nowhere')).toMatchObject({ code: 1 });
});
