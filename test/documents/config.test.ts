import { describe, expect, it } from 'vitest';
import { DEFAULT_CONFIG, readConfig } from '../../src/documents/config.js';
import { refusal } from '../support/builders.js';

const read = (text: string) => readConfig(Buffer.from(text));

describe('.reg.yaml (docs/specification.md, 4 Link files and configuration)', () => {
  it.each(['', '# nothing\n', '{}', 'null'])('all of it is optional: %j', (text) => {
    expect(read(text)).toEqual(DEFAULT_CONFIG);
    expect(DEFAULT_CONFIG).toEqual({
      stages: undefined,
      types: undefined,
      push: false,
      links: 'required',
      store: './store',
      metrics: {},
      metricsFile: undefined,
      evidence: {},
      expects: {},
      revs: 'floating',
      rules: {},
      hosts: {},
      sources: {},
      artifacts: {},
      policy: {},
      signers: '.reg-signers',
      verify: false,
      notes: [],
    });
  });

  it('what is given wins over defaults, stages keep their order', () => {
    expect(read('stages: [prod, dev]\npush: true\n')).toEqual({
      ...DEFAULT_CONFIG,
      stages: ['prod', 'dev'],
      push: true,
    });
    const all = {
      stages: ['a', 'b'],
      push: true,
      links: 'optional',
      store: '/srv',
      metrics: { rmse: { max: 1, noWorseThan: 'a', tolerance: '2%' } },
      metricsFile: 'metrics.json',
      evidence: { hide: ['*host*'] },
      expects: {
        dashboard: { artifact: 'churn', inputs: { x: { dtype: 'float32', shape: ['n', null, 3] } } },
      },
      revs: 'floating',
      rules: { 'link-editor': 'off' },
      hosts: { allow: ['models.corp.example', '10.0.0.0/8', 'fd00::/8', '::1'] },
      sources: { allow: ['file:///srv/models', '/srv', '../research'] },
      artifacts: { exclude: ['nightly', 'eu:*', '@scope/*'] },
      policy: {
        a: {
          after: 'b',
          branch: 'main',
          by: ['ann@example.com'],
          signed: true,
          approvals: 2,
          approvers: ['bo@example.com'],
        },
      },
      signers: 'team/signers',
      verify: true,
    };
    expect(read(JSON.stringify(all))).toEqual({ ...all, notes: [] });
  });

  it('remote: is read, and changes nothing', () => {
    expect(read('push: true\nremote: up stream\n')).toEqual({
      ...DEFAULT_CONFIG,
      push: true,
      notes: [
        {
          file: '.reg.yaml',
          line: 2,
          message: 'remote: is ignored, because the configuration of git names the remote',
          hint: "where you trust up stream, name it with: git config reg.remote 'up stream'",
        },
      ],
    });
  });

  it('no stage at all is allowed when the list is empty', () => {
    expect(read('stages: []\n').stages).toEqual([]);
  });

  it.each<[string, number, string, string | undefined]>([
    ['remote: origin\nstage: [dev]\n', 2, "unknown key 'stage'", "did you mean 'stages'?"],
    [
      'stages: [dev, prod]\npolicy:\n  prd: {approvals: 1}\n',
      3,
      "the policy names the stage 'prd', which stages: does not list",
      "did you mean 'prod'?",
    ],
    [
      'stages: [prod]\npolicy:\n  prod: {after: stagng}\n',
      2,
      "the policy names the stage 'stagng', which stages: does not list",
      'there is prod',
    ],
    ['stages: dev\n', 1, 'stages: is not a list of stage names: "dev"', undefined],
    ['stages:\n  - dev\n  - eu/prod\n', 1, 'stages.1: is not a stage name: "eu/prod"', undefined],
    ['stages: [-prod]\n', 1, 'stages.0: is not a stage name: "-prod"', undefined],
    ['\npush: sometimes\n', 2, 'push: is neither true nor false: "sometimes"', undefined],
    [
      'policy: [prod]\n',
      1,
      'policy: is not a mapping of stages, such as {prod: {after: staging}}: ["prod"]',
      undefined,
    ],
    [
      'policy:\n  prod: {}\n  eu/prod: {}\n',
      3,
      'policy.eu/prod is not a stage name',
      'a stage has letters, digits, - and _',
    ],
    [
      'policy: {prod: yes}\n',
      1,
      'policy.prod: is not a mapping, such as {after: staging, branch: main}: "yes"',
      undefined,
    ],
    ['policy: {prod: {aftr: dev}}\n', 1, "unknown key 'policy.prod.aftr'", "did you mean 'after'?"],
    ['policy: {prod: {after: -dev}}\n', 1, 'policy.prod.after: is not a stage name: "-dev"', undefined],
    [
      'policy: {prod: {branch: a b}}\n',
      1,
      'policy.prod.branch: is not the name of a branch: "a b"',
      undefined,
    ],
    [
      'policy: {prod: {by: ann@example.com}}\n',
      1,
      'policy.prod.by: is not a list of addresses: "ann@example.com"',
      undefined,
    ],
    [
      'policy: {prod: {by: [ann]}}\n',
      1,
      'policy.prod.by.0: is not an address such as ann@example.com: "ann"',
      undefined,
    ],
    ['policy: {prod: {signed: ssh}}\n', 1, 'policy.prod.signed: is neither true nor false: "ssh"', undefined],
    ['policy: {prod: {approvals: 1.5}}\n', 1, 'policy.prod.approvals: is not a whole number: 1.5', undefined],
    [
      'policy: {prod: {approvals: -1}}\n',
      1,
      'policy.prod.approvals: is not a number from 0 to 100: -1',
      undefined,
    ],
    ['metrics: {rmse: {mx: 1}}\n', 1, "unknown key 'metrics.rmse.mx'", "did you mean 'max'?"],
    ['metrics:\n  rmse: 0.5\n', 2, 'metrics.rmse: is not a mapping, such as {max: 0.5}: 0.5', undefined],
    ['metrics: {rmse: {max: a}}\n', 1, 'metrics.rmse.max: is not a number: "a"', undefined],
    [
      'metrics: {rmse: {max: 1, noWorseThan: a/b}}\n',
      1,
      'metrics.rmse.noWorseThan: is not a stage name: "a/b"',
      undefined,
    ],
    [
      'metrics: {rmse: {noWorseThan: prod}}\n',
      1,
      'metrics.rmse: noWorseThan needs to know which way is better: add better: lower, or higher',
      undefined,
    ],
    [
      'metrics: {rmse: {max: 1, tolerance: 2%}}\n',
      1,
      'metrics.rmse: tolerance is for noWorseThan alone',
      undefined,
    ],
    [
      'metrics: {rmse: {max: 1, noWorseThan: a, tolerance: -2%}}\n',
      1,
      'metrics.rmse.tolerance: is neither a number from 0 on nor a share such as 2%: "-2%"',
      undefined,
    ],
    ['revs: moving\n', 1, 'revs: is neither fixed nor floating: "moving"', undefined],
    [
      'rules: {link-rev: fatal}\n',
      1,
      'rules.link-rev: is not one of off, info, warning and error: "fatal"',
      undefined,
    ],
    ['expects: {a: {inputs: {}}}\n', 1, 'expects.a.artifact: is not the name of an artifact', undefined],
    [
      'expects: {a: {artifact: b, input: {}}}\n',
      1,
      "unknown key 'expects.a.input'",
      "did you mean 'inputs'?",
    ],
    [
      'expects:\n  a:\n    artifact: b\n    inputs: {x: {dtype: f, shape: [-1]}}\n',
      4,
      'expects.a.inputs.x.shape.0: is not a dimension: a whole number, or a name or null for one that may vary: -1',
      undefined,
    ],
    ['artifacts: {exclude: nightly}\n', 1, 'artifacts.exclude: is not a list of names: "nightly"', undefined],
    [
      'artifacts: {exclude: [a b]}\n',
      1,
      'artifacts.exclude.0: is not the name of an artifact, in which * stands for any characters and ? for one: "a b"',
      undefined,
    ],
    ['artifacts: {only: [a]}\n', 1, "unknown key 'artifacts.only'", 'there is exclude'],
    ['signers: [a]\n', 1, 'signers: is not the path of a file: ["a"]', undefined],
    [
      'hosts: {allow: [a b]}\n',
      1,
      'hosts.allow.0: is neither a host nor a network such as 10.0.0.0/8: "a b"',
      undefined,
    ],
    [
      'hosts: {allow: [10.0.0.0/33]}\n',
      1,
      'hosts.allow.0: is neither a host nor a network such as 10.0.0.0/8: "10.0.0.0/33"',
      undefined,
    ],
    ['sources: {allow: [https://a/b]}\n', 1, 'sources.allow.0: is not a folder: "https://a/b"', undefined],
    ['links: maybe\n', 1, 'links: is neither required nor optional: "maybe"', undefined],
    ['stages: [dev]\nstages: [prod]\n', 2, "the key 'stages' is repeated", undefined],
    ['a: &x 1\nb: *x\n', 2, 'aliases are not allowed', undefined],
  ])('refuses %j', (text, line, message, hint) => {
    const error = refusal(() => read(text));
    expect(error).toMatchObject({ code: 'INVALID_CONFIG', hint });
    expect(error.message).toBe(`.reg.yaml:${line}: ${message}`);
  });

  it.each(['[]', 'dev', '7', 'stages: [1]', 'remote: 7'])('%j is no configuration', (text) => {
    expect(refusal(() => read(text)).code).toBe('INVALID_CONFIG');
  });
});
