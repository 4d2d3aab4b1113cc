import { describe, expect, it } from 'vitest';
import { inspectLink, readLink } from '../../src/documents/link.js';
import { refusal } from '../support/builders.js';

const OID = 'a'.repeat(40);
const SHA = 'b'.repeat(64);
const FILE = 'churn.model.yaml';

const read = (text: string) => readLink(Buffer.from(text), FILE).link;
const problems = (text: string) => {
  const reading = inspectLink(Buffer.from(text), FILE);
  return 'problems' in reading ? reading.problems : [];
};

describe('reading links (docs/specification.md, 4 Link files and configuration)', () => {
  it('all that a link can say', () => {
    const link = {
      reg: 1,
      source: { repo: 'https://example.com/r', rev: 'v1', commit: OID, path: 'models/m.bin' },
      sha256: SHA,
      size: 1234,
      type: 'model',
      description: 'Costs',
      labels: { team: 'pricing', tier: 1, live: true },
      params: { alpha: 0.1, layers: [1, 2], nested: { deep: null } },
      metrics: { rmse: 0.42 },
    };
    expect(read(JSON.stringify(link))).toEqual(link);
  });

  it('a link needs no more than a path', () => {
    expect(read('source: {path: model.bin}')).toEqual({ source: { path: 'model.bin' } });
    expect(read('source: {url: "s3://b/k"}')).toEqual({ source: { url: 's3://b/k' } });
  });

  it.each([
    ['0123456', '0123456'],
    ['1.10', '1.10'],
    ['1e5', '1e5'],
    ['0x1f', '0x1f'],
    ['true', 'true'],
    ['null', 'null'],
    ['~', '~'],
    ['2026-05-03', '2026-05-03'],
    ['"0123456"', '0123456'],
    ["'it''s'", "it's"],
    ['.inf', '.inf'],
    ['churn#prod', 'churn#prod'],
    ['churn@v1.0.0', 'churn@v1.0.0'],
  ])('rev: %s stays text', (written, rev) => {
    expect(read(`source:\n  rev: ${written}\n  path: 0777\n`).source).toEqual({ rev, path: '0777' });
  });

  it('other scalars of reg’s own text keys stay text too, those of people keep their kind', () => {
    const link = read(
      `source: {path: m}\nsha256: ${'1'.repeat(64)}\ntype: 007\ndescription: yes\nlabels: {a: 007, b: true}\n`,
    );
    expect(link).toMatchObject({
      sha256: '1'.repeat(64),
      type: '007',
      description: 'yes',
      labels: { a: 7, b: true },
    });
  });

  it('texts of serving stay as they are written', () => {
    const serving =
      '{formatVersion: 1.10, resources: {requests: {cpu: 1, memory: 4Gi}}, replicas: {min: 0, max: 2}, args: [--x=1], env: {ON: yes, N: 0o17}}';
    expect(read(`source: {path: m}\nserving: ${serving}\n`).serving).toEqual({
      formatVersion: '1.10',
      resources: { requests: { cpu: '1', memory: '4Gi' } },
      replicas: { min: 0, max: 2 },
      args: ['--x=1'],
      env: { ON: 'yes', N: '0o17' },
    });
  });

  it.each<[string, string, number, string, string | undefined]>([
    ['an unknown key', 'source: {path: m}\nsha265: x\n', 2, "unknown key 'sha265'", "did you mean 'sha256'?"],
    [
      'an unknown key of source',
      'source:\n  path: m\n  comit: x\n',
      3,
      "unknown key 'source.comit'",
      "did you mean 'commit'?",
    ],
    [
      'a wrong number',
      'source: {path: m}\nreg: 2\n',
      2,
      'reg: is not 1, the only format of link files so far',
      undefined,
    ],
    [
      'a short commit',
      'source:\n  path: m\n  commit: abc\n',
      3,
      'source.commit: is not a full commit id',
      undefined,
    ],
    [
      'a hash in capitals',
      `source: {path: m}\nsha256: ${'A'.repeat(64)}\n`,
      2,
      'sha256: is not a SHA-256, 64 hexadecimal digits',
      undefined,
    ],
    ['a size below zero', 'source: {path: m}\n\nsize: -1\n', 3, 'size: is below zero', undefined],
    ['half a byte', 'source: {path: m}\nsize: 1.5\n', 2, 'size: is not a whole number of bytes', undefined],
    [
      'a metric in words',
      'source: {path: m}\nmetrics:\n  rmse: low\n',
      3,
      'metrics.rmse: is not a number',
      undefined,
    ],
    [
      'a wrong quantity',
      'source: {path: m}\nserving:\n  resources: {limits: {cpu: lots}}\n',
      3,
      'serving.resources.limits.cpu: is not a quantity, such as 2, 500m or 4Gi',
      undefined,
    ],
    [
      'a wrong resource',
      'source: {path: m}\nserving:\n  resources: {limits: {"g p u": 1}}\n',
      3,
      'serving.resources.limits: has a key that is not a resource, such as cpu, memory or nvidia.com/gpu',
      undefined,
    ],
    [
      'an unknown key of serving',
      'source: {path: m}\nserving:\n  formt: onnx\n',
      3,
      "unknown key 'serving.formt'",
      "did you mean 'format'?",
    ],
    [
      'an unknown protocol',
      'source: {path: m}\nserving:\n  protocol: v3\n',
      3,
      'serving.protocol: is not a protocol: v1, v2, grpc-v1 or grpc-v2',
      undefined,
    ],
    [
      'replicas upside down',
      'source: {path: m}\nserving:\n  replicas: {min: 4, max: 2}\n',
      3,
      'serving.replicas: has a min that is above its max',
      undefined,
    ],
    [
      'a runtime with capitals',
      'source: {path: m}\nserving:\n  runtime: Ours\n',
      3,
      'serving.runtime: is not the name of a serving runtime of KServe',
      undefined,
    ],
    ['an empty path', 'source:\n  path: ""\n', 2, 'source.path: is empty', undefined],
    [
      'neither path nor url',
      'source:\n  repo: r\n',
      1,
      'source: needs either path or url, or a rev such as churn#prod',
      undefined,
    ],
    ['both path and url', 'source:\n  path: p\n  url: u\n', 1, 'source: needs either path or url', undefined],
    ['both repo and url', 'source:\n  repo: r\n  url: u\n', 1, 'source: has both repo and url', undefined],
  ])('names %s, and its line', (_what, text, line, message, hint) => {
    expect(problems(text)).toContainEqual({ message, line, hint });
    const error = refusal(() => read(text));
    expect(error).toMatchObject({
      code: 'INVALID_LINK',
      message: `${FILE}:${line}: ${message}`,
      place: { file: FILE, line },
    });
  });

  it('tells everything that is wrong', () => {
    const found = problems('source: {path: m, revv: x}\nsize: -1\nlabel: {}\n');
    expect(found.map(({ line }) => line).sort()).toEqual([1, 2, 3]);
  });

  it.each([
    '',
    '# nothing\n',
    '[]',
    'text',
    '7',
    'null',
    'source:',
    'source: []',
    'source: text',
    'labels: {}',
  ])('%j is no link', (text) => {
    expect(refusal(() => read(text)).code).toBe('INVALID_LINK');
  });
});
