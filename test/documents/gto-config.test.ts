import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GtoConfig, readGto } from '../../src/documents/config.js';
import { refusal } from '../support/builders.js';
import { sandbox } from '../support/repo.js';
import { rows } from '../support/soak.js';

type Env = Record<string, string>;

const read = (text: string | undefined, env: Env = {}): GtoConfig =>
  readGto(text === undefined ? undefined : Buffer.from(text), env);

/** What is accepted: the file, the variables, and the stages that are allowed. */
const ACCEPTED: [text: string | undefined, env: Env, stages: string[] | undefined][] = [
  [undefined, {}, undefined],
  ['', {}, undefined],
  ['{}', {}, undefined],
  ['stages: [dev, prod]\n', {}, ['dev', 'prod']],
  ['STAGES:\n  - dev\n', {}, ['dev']],
  ['Stages: [dev]\n', {}, ['dev']],
  ['stages: [yes, eu/prod]\n', {}, ['yes', 'eu/prod']],
  ['stages: []\n', {}, []],
  ['stages:\n', {}, undefined],
  ['types: &all [dev]\nstages: *all\n', {}, ['dev']],
  ['INDEX: other.yaml\nlog_level: DEBUG\nDEBUG: 1\nemojis: off\nautoload_enrichments: true\n', {}, undefined],
  ['config_file_name:\n', {}, undefined],
  ['enrichments: []\n', {}, undefined],
  [undefined, { GTO_STAGES: '["dev"]' }, ['dev']],
  ['stages: [zz]\n', { GTO_STAGES: '["dev"]' }, ['dev']],
  ['', { gto_stages: '["dev"]' }, ['dev']],
  ['stages: [dev]\n', { GTO_STAGES: 'null' }, ['dev']],
  ['', { GTO_UNKNOWN: 'x', GTO_EMOJIS: 'no', GTO_CONFIG_FILE_NAME: 'other' }, undefined],
];

/** What is refused: the file, the variables, and the message behind the name of the file. */
const REFUSED: [text: string | undefined, env: Env, message: string][] = [
  ['stages: dev\n', {}, '.gto:1: stages: is not a list of names: "dev"'],
  ['types: [model]\nSTAGES: dev\n', {}, '.gto:2: stages: is not a list of names: "dev"'],
  ['stages:\n  - dev\n  - 7\n', {}, '.gto:1: stages.1: is not a name: 7'],
  ['stages: {dev: 1}\n', {}, '.gto:1: stages: is not a list of names: {"dev":1}'],
  ['stages: [a b]\n', {}, '.gto:1: stages.0: is not a name that gto allows: "a b"'],
  ['stages: [-x]\n', {}, '.gto:1: stages.0: is not a name that gto allows: "-x"'],
  ['stages: [dev', {}, '.gto:1: '],
  ['&x \n - *x\n', {}, ".gto:2: the alias '*x' is inside of what it stands for"],
  ['&x\nstages: {a: [*x]}\n', {}, ".gto:2: the alias '*x' is inside of what it stands for"],
  ['stages: [dev]\nstages: [prod]\n', {}, ".gto:2: the key 'stages' is repeated"],
  ['types: model\n', {}, '.gto:1: types: is not a list of names: "model"'],
  ['emoji: true\nstages: [dev]\n', {}, ".gto:1: unknown key 'emoji'"],
  ['emojis: maybe\n', {}, '.gto:1: emojis: is neither true nor false: "maybe"'],
  ['debug: 2\n', {}, '.gto:1: debug: is neither true nor false: 2'],
  ['LOG_LEVEL: 3\n', {}, '.gto:1: log_level: is not a text: 3'],
  ['index:\n', {}, '.gto:1: index: is not a text: null'],
  ['enrichments: dvc\n', {}, '.gto:1: enrichments: is not a list: "dvc"'],
  ['[dev]', {}, '.gto:1: is not a mapping of keys: ["dev"]'],
  ['dev', {}, '.gto:1: is not a mapping of keys: "dev"'],
  [
    undefined,
    { GTO_STAGES: 'dev' },
    'GTO_STAGES: is not a list of names, such as ["dev","prod"] in JSON: "dev"',
  ],
  ['', { gto_stages: '' }, 'gto_stages: is not a list of names, such as ["dev","prod"] in JSON: ""'],
  ['', { GTO_TYPES: '[7]' }, 'GTO_TYPES: is not a name, such as ["dev","prod"] in JSON: "[7]"'],
  ['', { GTO_DEBUG: 'x' }, 'GTO_DEBUG: is neither true nor false: "x"'],
];

describe('the configuration of gto (docs/specification.md, 4 Link files and configuration)', () => {
  it.each(ACCEPTED)('%j and %j: %j', (text, env, stages) => {
    expect(read(text, env).stages).toEqual(stages);
  });

  it('types are read too', () => {
    expect(read('types: [model, data]\n')).toEqual({ stages: undefined, types: ['model', 'data'] });
    expect(read('types: [model]\n', { GTO_TYPES: '["data"]' }).types).toEqual(['data']);
  });

  it.each(REFUSED)('%j and %j are refused: %s', (text, env, message) => {
    const error = refusal(() => read(text, env));
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', place: { file: '.gto' } });
    expect(error?.message.startsWith(message) && (message.endsWith(' ') || error.message === message)).toBe(
      true,
    );
  });

  it('keys of one name in another letter case are refused, where gto takes one of them', () => {
    const error = refusal(() => read('stages: [dev]\nSTAGES: [zz]\n'));
    expect(error?.message).toBe(".gto:1: the key 'stages' is repeated");
  });

  it('a variable that is wrong is unset', () => {
    expect(refusal(() => read('', { GTO_STAGES: 'dev' }))?.hint).toBe('unset GTO_STAGES');
  });
});

const box = sandbox();
/** The program of gto, for the comparison with it; each call of it takes seconds. */
const { REG_GTO: gto = '' } = process.env;

describe.runIf(gto !== '')('gto itself, where REG_GTO names it', () => {
  it.each(rows([...ACCEPTED, ...REFUSED]))('allows the same stages: %j and %j', (text, env, expected) => {
    const { dir, git, commit } = box.repository(`gto-${Math.random()}`);
    commit(text === undefined ? { README: '' } : { '.gto': text });
    if (text !== undefined) writeFileSync(join(dir, '.gto'), text);
    const run = spawnSync(gto, ['assign', 'churn', '--stage', 'zz'], {
      cwd: dir,
      env: { ...process.env, ...box.env, ...env },
    });
    expect(run.status === 0).toBe(expected === undefined);
    expect(git('tag').includes('churn#zz')).toBe(expected === undefined);
  });
});
