import { importInto, type Told } from '../support/fast-import.js';
import type { Repository, Sandbox } from '../support/repo.js';

/** A small registry whose objects have the same ids on every machine, and what the golden outputs ask of it. */
export interface GoldenRegistry {
  name: string;
  about: string;
  /** Makes it; `reg` runs a command of the program in a repository. */
  make(box: Sandbox, reg: (repository: Repository, line: string) => Promise<void>): Promise<Repository>;
  /** Command lines that only read, without the leading `reg`. */
  reading: readonly string[];
  /** The same, only for a pipe: elsewhere they would show nothing new. */
  inPipe?: readonly string[];
  /** Writes; each is run with `--dry-run`. */
  writing: readonly string[];
}

const BO = 'Bo Strand <bo@example.com>';
const MAYA = 'مايا حداد <maya@example.com>';
const stating = (version: string, text: string): string => `${text}\n\nReg-Version: ${version}\n`;

const empty: GoldenRegistry = {
  name: 'empty',
  about: 'a repository without a commit',
  make: async (box) => box.repository('empty'),
  reading: [
    'show',
    'show churn',
    'which churn prod',
    'which churn prod --all',
    'latest churn',
    'stages',
    'stages --allowed',
    'stages --used',
    'history',
    'history churn',
    'history --intervals',
    'describe churn',
    'check-ref churn@v1.0.0',
    'doctor',
    'status',
    'outdated',
    'validate',
    'validate --tags',
    'verify',
    'verify churn',
    'browse --print',
    'cache ls',
    'load churn',
  ],
  writing: [
    'register churn',
    'assign churn prod',
    'assign churn@v1.0.0 prod',
    'unassign churn prod',
    'deregister churn@v1.0.0',
    'deprecate churn',
    'rollback churn prod',
    'approve churn prod',
  ],
};

const tour: GoldenRegistry = {
  name: 'tour',
  about: 'what the README shows, written by reg itself; the remote lacks the last tags',
  make: async (box, reg) => {
    const research = box.repository('research');
    research.commit({ 'models/cost.bin': 'the first weights\n' }, 'Train the model');
    research.tag('v1');
    const central = box.repository('central.git', '--bare');
    const registry = box.repository('tour');
    const address = 'https://github.com/mycompany/model-registry';
    registry.git('config', `url.file://${central.dir}.insteadOf`, address);
    registry.git('remote', 'add', 'origin', address);
    const run = async (...lines: string[]): Promise<void> => {
      for (const line of lines) {
        box.advance(3600);
        await reg(registry, line);
      }
    };
    await run(
      'init --stages dev,staging,prod',
      "link models/cost.bin cost_predictor --source ../research --rev v1 --description 'Cost of a delivery'",
    );
    registry.commit({}, 'Link cost_predictor');
    await run('register cost_predictor', 'assign cost_predictor prod');
    box.advance(8 * 86_400);
    research.commit({ 'models/cost.bin': 'other weights\n' }, 'Retrain');
    research.tag('v2');
    await run('update cost_predictor --rev v2');
    registry.commit({}, 'Follow research v2');
    await run("register cost_predictor --bump minor -m 'Retrained in May'");
    registry.git('push', '--quiet', 'origin', 'main', '--tags');
    await run('assign cost_predictor@v0.1.0 dev', 'assign cost_predictor@v0.1.0 prod');
    await run("rollback cost_predictor prod -m 'v0.1.0 is slow'");
    research.commit({}, 'Train again');
    research.tag('v3');
    return registry;
  },
  reading: [
    'show',
    'show --at 2026-01-05',
    'show --color always',
    'show cost_predictor',
    'show cost_predictor@latest',
    "show 'cost_predictor#prod'",
    'show cost_predictor --at 2026-01-05',
    'which cost_predictor prod',
    'which cost_predictor prod --all',
    'which cost_predictor prod --at 2026-01-09T05:00:00Z',
    'which cost_predictor staging',
    'which cost_predictor prd',
    'latest cost_predictor',
    'latest cost_predictor --at 2026-01-05',
    'latest cost_predictor --at 2020-01-01',
    'stages',
    'stages --used',
    'stages --at 2026-01-05',
    'history',
    'history cost_predictor@v0.1.0',
    'history cost_predictor --stage prod',
    'history --asc --limit 2',
    'history --since 2026-01-02 --until 2026-01-09T05:00:00Z',
    'history --intervals',
    'history cost_predictor --intervals --at 2026-01-09T08:00:00Z',
    'describe cost_predictor',
    'describe cost_predictor@v0.0.1',
    "describe 'cost_predictor#dev'",
    "diff cost_predictor@v0.1.0 '#prod'",
    'diff cost_predictor',
    'check-ref cost_predictor@v0.1.0',
    "check-ref 'refs/tags/cost_predictor#prod#3'",
    "check-ref 'cost_predictor#prod#4'",
    'doctor',
    'status',
    'outdated',
    'validate',
    'validate --tags',
    'verify cost_predictor',
    'browse --print',
    'browse cost_predictor@v0.1.0 --print',
    "browse 'cost_predictor#prod' --print",
  ],
  inPipe: [
    'which cost_predictor prod --json=version,time,author',
    'history --json=tag',
    'validate --format github',
    'validate --format junit',
    'diff cost_predictor@v0.1.0 cost_predictor@v0.0.1 --log 0 --exit-code',
    "load 'cost_predictor#dev' -o - --frozen",
  ],
  writing: [
    'register cost_predictor',
    'register cost_predictor HEAD~1 --version 2.0.0 --force',
    'register cost_predictor --bump major --force -q',
    'register cost_predictor HEAD~5',
    'assign cost_predictor@v0.1.0 prod',
    'assign cost_predictor@v0.0.1 prod',
    'assign cost_predictor@v0.0.1 qa',
    'assign cost_predictor dev --rev HEAD~1',
    'unassign cost_predictor prod',
    'unassign cost_predictor@v0.0.1 dev',
    'deregister cost_predictor@v0.1.0',
    'deregister cost_predictor@v0.1.0 --delete --yes',
    'deprecate cost_predictor --push',
    'rollback cost_predictor prod --offline',
    'approve cost_predictor@v0.1.0 prod',
  ],
};

const gto: GoldenRegistry = {
  name: 'gto',
  about:
    'as gto makes it: no trailers, artifacts.yaml, a dvc.yaml, stages in .gto, two commits that share a date',
  make: async (box) => {
    const registry = box.repository('gto');
    importInto(box, registry, GTO);
    return registry;
  },
  reading: [
    'show',
    'show --at 2021-03-03',
    'show --versions-per-stage -1',
    'show rf-model',
    'show rf-model --sort timestamp',
    'show models:segment',
    'which rf-model production',
    'which rf-model production --all',
    'which rf-model staging',
    'which models:segment production --at 2021-03-03',
    'latest rf-model',
    'latest models:segment',
    'stages',
    'stages --allowed',
    'stages --used',
    'history',
    'history rf-model --stage production',
    'history --intervals',
    'history --intervals --since 2021-03-02T12:00:00Z',
    'describe rf-model',
    'describe rf-model@v1.0.0',
    'describe models:segment',
    'diff rf-model@v1.0.0 rf-model@v1.1.0',
    'check-ref rf-model@v1.1.0',
    "check-ref 'rf-model#production#2'",
    "check-ref 'rf-model#production!#4'",
    'doctor',
    'status',
    'outdated',
    'validate',
    'validate --tags',
    'verify rf-model',
  ],
  writing: [
    'register rf-model --version 2.0.0',
    'register models:segment',
    'register other',
    'assign rf-model@v1.0.0 production',
    'assign rf-model production',
    'unassign rf-model staging',
    'deregister rf-model@v1.1.0',
    'deprecate models:segment',
    'rollback rf-model production',
    'rollback models:segment production',
  ],
};

const GTO: readonly Told[] = [
  {
    day: '2021-03-01',
    files: {
      '.gto': 'stages: [staging, production]\ntypes: [model]\n',
      'artifacts.yaml':
        'rf-model:\n  type: model\n  path: models/rf.pkl\n  description: Random forest\n  labels: [forest]\n  custom: {seed: 7}\n',
      'models/rf.pkl': 'forest',
      'models/dvc.yaml':
        'artifacts:\n  segment:\n    path: segment.onnx\n    type: model\n    desc: Segments customers\n    labels: [vision]\n',
      'models/segment.onnx': 'segments',
    },
  },
  { tag: 'rf-model@v1.0.0', day: '2021-03-01', said: 'Registering artifact rf-model version v1.0.0' },
  {
    tag: 'rf-model#production#1',
    day: '2021-03-01T10:00:00Z',
    said: 'Assigning stage production to artifact rf-model version v1.0.0',
  },
  { files: { 'models/rf.pkl': 'more trees' }, day: '2021-03-02' },
  {
    tag: 'rf-model@v1.1.0',
    day: '2021-03-02',
    who: BO,
    said: 'Registering artifact rf-model version v1.1.0',
  },
  { tag: 'rf-model#production#2', day: '2021-03-02', who: BO, said: 'Assigning stage production' },
  { tag: 'rf-model#staging#3', day: '2021-03-02', said: 'Assigning stage staging' },
  { tag: 'models=segment@v0.1.0', day: '2021-03-02T12:00:00Z', said: 'Registering models:segment' },
  { tag: 'models=segment#production', day: '2021-03-02T13:00:00Z', said: 'Assigning, without a counter' },
  { files: { 'models/rf.pkl': 'trees again' }, day: '2021-03-04' },
  { tag: 'rf-model#production!#4', day: '2021-03-04', who: BO, from: 2, said: 'Unassigning production' },
  { tag: 'models=segment#production#1', day: '2021-03-04', said: 'Assigning a commit without a version' },
  { tag: 'v1.0.0', day: '2021-03-04', said: 'A release of the code' },
];

const past: GoldenRegistry = {
  name: 'past',
  about:
    'deregistered, revived and deprecated, pre-releases, two versions at one commit, clocks that disagree',
  make: async (box) => {
    const registry = box.repository('past');
    importInto(box, registry, PAST);
    return registry;
  },
  reading: [
    'show',
    'show --deprecated',
    'show --registered-only',
    'show --versions-per-stage -1 --deprecated',
    'show --deprecated --at 2025-02-04',
    'show churn',
    'show churn --sort timestamp',
    'show churn --assignments-per-version 1',
    'show churn --registered-only',
    'show churn@v1.0.0',
    "show 'churn#prod' --versions-per-stage -1",
    'which churn prod',
    'which churn prod --all',
    'which churn prod --at 2025-02-06',
    'which churn dev --all',
    'which churn canary',
    'which churn shadow',
    'latest churn',
    'latest churn --at 2025-02-04',
    'latest withdrawn',
    'latest old',
    'stages',
    'stages --used --at 2025-02-02',
    'history churn',
    'history --at 2025-02-04',
    'history churn@v2.0.0 --asc',
    'history churn --intervals',
    'history old --intervals',
    "check-ref 'churn#prod#6'",
    "check-ref 'churn#prod#3'",
    "check-ref 'churn@v1.1.0!'",
    "check-ref 'churn@v1.1.0#9'",
    'check-ref old@deprecated',
    "check-ref 'old@deprecated' --at 2025-01-01",
    "check-ref 'churn#dev!#8'",
    'doctor',
    'validate --tags',
    'verify',
  ],
  inPipe: ['show old', 'show withdrawn', 'history --stage nowhere', 'which churn proud', 'which chrun prod'],
  writing: [
    'register churn --unlinked',
    'register churn --unlinked --force --bump minor',
    'register churn --unlinked --version v2.0.0',
    'register Churn --unlinked',
    'assign churn@v1.1.0 prod',
    'assign churn@v2.0.0 prod',
    'assign churn@v2.0.0 Prod',
    'assign churn@v1.0.0 a/b',
    'assign churn dev --no-register --unlinked',
    'unassign churn prod',
    'unassign churn prod --delete --yes',
    'deregister churn@v2.0.0',
    'deregister churn@v2.0.0 --delete --yes',
    'deregister withdrawn@v1.0.0',
    'deprecate old',
    'deprecate churn',
    'deprecate churn --delete --yes',
    'rollback churn prod',
    'rollback churn dev',
    'rollback churn prod --delete --yes',
  ],
};

const PAST: readonly Told[] = [
  { files: { 'model.bin': 'one' }, day: '2025-02-01' },
  { tag: 'churn@v1.0.0', day: '2025-02-01', said: 'First' },
  { tag: 'churn#prod#1', day: '2025-02-01T10:00:00Z', said: stating('v1.0.0', 'Go') },
  { tag: 'old@v3.0.0', day: '2025-01-15' },
  { tag: 'old#prod#1', day: '2025-01-16', said: stating('v3.0.0', 'Go') },
  { tag: 'old@deprecated', day: '2025-02-03', who: BO, said: 'Replaced by churn' },
  { files: { 'model.bin': 'two' }, day: '2025-02-02' },
  { tag: 'churn@v1.1.0', day: '2025-02-02', said: 'Second' },
  { tag: 'churn#dev#2', day: '2025-02-02T10:00:00Z', said: stating('v1.1.0', 'Try it') },
  // its date is before that of the event with the smaller counter
  { tag: 'churn#prod#3', day: '2025-01-20', who: BO, said: stating('v1.1.0', 'By a slow clock') },
  { tag: 'churn@v1.1.0!', day: '2025-02-03', who: BO, said: 'Broken' },
  { files: { 'model.bin': 'three' }, day: '2025-02-04' },
  { tag: 'churn@v2.0.0-rc.1', day: '2025-02-04' },
  { tag: 'churn@v2.0.0', day: '2025-02-04T10:00:00Z', said: 'The same bytes as the release candidate' },
  { tag: 'churn#dev#4', day: '2025-02-04T11:00:00Z', said: 'Without a trailer, on a commit of two versions' },
  {
    tag: 'churn#canary#5',
    day: '2025-02-05',
    said: stating('v9.9.9', 'A version that was never registered'),
  },
  { tag: 'churn#prod#6', day: '2025-02-05', said: stating('v2.0.0-rc.1', 'Go') },
  { files: { 'model.bin': 'four' }, day: '2025-02-06' },
  { tag: 'churn#shadow#7', day: '2025-02-06', said: 'A commit without a version' },
  { tag: 'churn#dev!#8', day: '2025-02-07', from: 3, said: stating('v2.0.0', 'Out') },
  { tag: 'churn#prod!#8', day: '2025-02-07', from: 1, who: BO, said: stating('v1.0.0', 'The same counter') },
  { tag: 'churn@v1.1.0#9', day: '2025-02-08', from: 2, said: 'Mended' },
  { tag: 'withdrawn@v1.0.0', day: '2025-02-01' },
  { tag: 'withdrawn#prod#1', day: '2025-02-01', said: stating('v1.0.0', 'Go') },
  { tag: 'withdrawn@v1.0.0!#2', day: '2025-02-02' },
  { tag: 'revived@v1.0.0', day: '2025-02-01' },
  { tag: 'revived@deprecated', day: '2025-02-02' },
  { tag: 'revived#prod#1', day: '2025-02-03', said: stating('v1.0.0', 'After all') },
];

const broken: GoldenRegistry = {
  name: 'broken',
  about:
    'tags that are lightweight, malformed, missing, nested, on trees, look-alikes or hostile, and links that are wrong',
  make: async (box) => {
    const registry = box.repository('broken');
    importInto(box, registry, BROKEN);
    const commit = registry.git('rev-parse', 'HEAD');
    const tag = (name: string, rev: string): string => registry.git('tag', name, rev);
    tag('churn@v1.2.0', 'HEAD');
    tag('churn#light#1', 'HEAD');
    registry.tag('churn@v1.3.0', 'On a tree', 'HEAD^{tree}');
    registry.tag('churn@v1.4.0', 'Around another tag', 'churn@v1.0.0');
    registry.writeRawTag(`object ${commit}\ntype commit\ntag churn@v1.5.0\n\nno tagger\n`, 'churn@v1.5.0');
    registry.writeRawTag('garbage', 'fraud@v2.0.0');
    const header = `object ${commit}\ntype commit\ntag churn@v1.6.0\ntagger Ann <ann@example.com> 1767300000 +0000\n\n`;
    registry.writeRawTag(Buffer.from(`${header}\u001b[31mred\u0007 \ufffd\n`), 'churn@v1.6.0');
    registry.writeTagRef('lost#prod#7', `${'e'.repeat(40)}\n`);
    for (const name of ['churn@v1.0', 'churn@vv1.0.0', 'churn#prod#x', 'churn#', '@scope/churn@v1.0.0'])
      registry.tag(name, 'A look-alike');
    registry.git('tag', '--annotate', '--message', 'Renamed by hand', 'fraud@v0.9.0');
    registry.writeTagRef('fraud@v0.9.1', `${registry.git('rev-parse', 'refs/tags/fraud@v0.9.0')}\n`);
    return registry;
  },
  reading: [
    'show',
    'show churn',
    'show fraud',
    'which churn prod',
    'which churn prod --all',
    'which churn light',
    'latest churn',
    'latest fraud',
    'latest churn --at 2026-01-01T00:00:00Z',
    'stages',
    'history',
    'history churn --intervals',
    'describe churn',
    'describe fraud',
    'describe typo',
    'diff churn@v1.0.0 churn@v1.1.0',
    'check-ref churn@v1.2.0',
    'check-ref churn@v1.4.0',
    "check-ref 'lost#prod#7'",
    "check-ref 'churn#prod#x'",
    'check-ref v1.0.0',
    'doctor',
    'outdated churn',
    'validate',
    'validate --tags',
    'verify',
  ],
  inPipe: [
    'validate --format github',
    'validate --format junit',
    'validate churn.model.yaml',
    'validate typo.model.yaml --json',
    'validate --base HEAD~1',
  ],
  writing: [
    'register churn',
    'register churn --version v1.2.0 --force',
    'register fraud --version v1.0.0 --force',
    'assign churn@v1.0.0 prod',
    'assign churn@v1.2.0 prod',
    'unassign churn prod',
    'rollback churn prod',
    'deprecate churn',
  ],
};

const BROKEN: readonly Told[] = [
  { files: { 'model.bin': 'one', 'churn.model.yaml': 'source: {path: model.bin}\n' }, day: '2025-12-01' },
  { tag: 'churn@v1.0.0', day: '2025-12-01' },
  { tag: 'churn#prod#1', day: '2025-12-02', said: stating('v1.0.0', 'Go') },
  { tag: 'fraud@v1.0.0', day: '2025-12-03' },
  {
    files: {
      'model.bin': 'two',
      'fraud.model.yaml': 'source: {path: gone.bin}\nsha256: 12\n',
      'typo.model.yaml': 'reg: 1\nsorce: {path: model.bin}\nlabels: [a]\n',
      'yaml.model.yaml': 'source: {path: "model.bin\n',
      'other.model.yaml': `source: {path: model.bin, rev: main}\nsha256: ${'0'.repeat(64)}\nsize: 3\n`,
    },
    day: '2025-12-04',
  },
  { tag: 'churn@v1.1.0', day: '2025-12-04' },
  { tag: 'churn#prod#2', day: '2025-12-05', said: stating('v1.1.0', 'Go') },
  { tag: 'churn#prod#3', day: '2025-12-06', said: stating('1.0.0', 'A trailer without its v') },
];

const folders: GoldenRegistry = {
  name: 'folders',
  about: 'artifacts in folders, messages in many scripts, a policy, metrics and interfaces',
  make: async (box, reg) => {
    const registry = box.repository('folders');
    importInto(box, registry, FOLDERS);
    box.advance(31 * 86_400);
    await reg(registry, 'approve models:churn@v1.1.0 prod');
    return registry;
  },
  reading: [
    'show',
    'show --color always',
    'show models:churn',
    'show models:churn --color always',
    'show models/deep:risk',
    'which models:churn prod',
    'which models:churn prod --at 2026-01-05',
    'which models/deep:risk test',
    'latest models:churn',
    'latest churn',
    'latest models/churn',
    'stages',
    'history',
    'history models:churn --stage prod --intervals',
    'describe models:churn@v1.1.0',
    'describe models/deep:risk',
    'diff models:churn@v1.0.0 models:churn@v1.1.0',
    'diff models:churn@v1.1.0 models/deep:risk@v0.0.1 --log 1',
    "check-ref 'models=churn#prod#2'",
    "check-ref 'refs/tags/models/deep=risk@v0.0.1'",
    'doctor',
    'validate',
    'validate models/deep',
    'validate --tags',
    'verify models:churn',
    "verify 'models:churn#prod'",
  ],
  inPipe: ['validate --base HEAD~1', 'validate --tags --since v1', 'validate --tags --since 2026-01-04'],
  writing: [
    'register models:churn',
    'register models/deep:risk --version 1.0.0-rc.1',
    'register models/new:risk',
    'assign models:churn@v1.1.0 dev',
    'assign models:churn@v1.1.0 prod',
    'assign models:churn@v1.1.0 test',
    'unassign models:churn prod',
    'deregister models:churn@v1.0.0',
    'rollback models:churn prod',
    'deprecate models/deep:risk',
    'approve models:churn@v1.1.0 prod',
    'approve models:churn@v1.0.0 prod',
  ],
};

/** A link of churn to a model of this repository. */
const churnLink = (rmse: number, width: number): string => `reg: 1
source: {path: models/churn.bin, rev: main}
description: Wer kündigt? 谁会离开？
labels: {team: "équipe – données"}
params: {trees: ${width * 10}, nested: {depth: 6}}
metrics: {rmse: ${rmse}, auc: 0.8}
interface:
  inputs: {features: {dtype: F32, shape: [batch, ${width}]}}
  outputs: {score: {dtype: F32, shape: [batch, 1]}}
`;

const FOLDERS: readonly Told[] = [
  {
    files: {
      '.reg.yaml': `stages: [dev, test, prod]
metrics: {rmse: {max: 0.6, noWorseThan: prod, artifacts: ['models:*']}, auc: {min: 0.7}}
expects: {dashboard: {artifact: 'models:churn', inputs: {features: {dtype: F32, shape: [1, 12]}}}}
policy: {prod: {after: test, branch: main, by: [ann@example.com, maya@example.com], approvals: 1}}
`,
      'models/churn.model.yaml': churnLink(0.5, 12),
      'models/churn.bin': 'one',
    },
    day: '2026-01-02',
  },
  { tag: 'models=churn@v1.0.0', day: '2026-01-02', who: MAYA, said: 'النسخة الأولى' },
  { tag: 'models=churn#test#1', day: '2026-01-03', who: MAYA, said: stating('v1.0.0', '試してみる 🎉') },
  { tag: 'models=churn#prod#2', day: '2026-01-04', who: BO, said: stating('v1.0.0', 'Đưa vào sản xuất') },
  {
    files: {
      'models/churn.model.yaml': churnLink(0.55, 24),
      'models/churn.bin': 'two',
      'models/deep/risk.model.yaml': 'source: {url: ./store/risk.onnx}\n',
    },
    day: '2026-01-06',
  },
  {
    tag: 'models=churn@v1.1.0',
    day: '2026-01-06',
    said: 'Deux fois plus d’attributs, et un message si long qu’aucune table ne le montre en entier\n\nEt un corps.',
  },
  { tag: 'models=churn#test#3', day: '2026-01-07', who: MAYA, said: stating('v1.1.0', 'Проверка') },
  { tag: 'models=churn#prod#4', day: '2026-01-08', who: MAYA, said: stating('v1.1.0', 'ไปกันเลย') },
  { tag: 'models=churn#prod#5', day: '2026-01-09', from: 1, said: stating('v1.0.0', 'Zurück') },
  { tag: 'models/deep=risk@v0.0.1', day: '2026-01-10', said: 'Tab\there, and \u001b[1mbold\u001b[0m' },
];

/** All of them. */
export const REGISTRIES: readonly GoldenRegistry[] = [empty, tour, gto, past, broken, folders];
