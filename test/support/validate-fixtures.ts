import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Repository, Sandbox } from './repo.js';

const FOLDER = fileURLToPath(new URL('../../fixtures/validate', import.meta.url));
const MODELS = fileURLToPath(new URL('../../fixtures/formats', import.meta.url));

type Files = Record<string, string | Uint8Array>;

/** The rules that there is a registry for. */
export const fixtureRules = (): string[] =>
  readdirSync(FOLDER, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/** What the links of the fixtures lead to: by tag the commit, and the files there. */
export type Source = ReadonlyMap<string, { commit: string; files: Files }>;

/** Makes the repository `source`, with the tags v1 and v2. */
export function makeSource(box: Sandbox): Source {
  const repository = box.repository('source');
  const models = ['model.onnx', 'model.safetensors', 'model.gguf'].map(
    (name) => [name, readFileSync(join(MODELS, name))] as const,
  );
  const metrics = JSON.stringify({ rmse: 0.4, test: { auc: 0.9 } });
  const files: Files = { 'model.bin': 'one', 'metrics.json': metrics, ...Object.fromEntries(models) };
  const first = { commit: repository.commit(files, 'Train'), files };
  repository.tag('v1');
  const better = { ...files, 'model.bin': 'number two' };
  const second = { commit: repository.commit(better, 'Train longer'), files: better };
  repository.tag('v2');
  return new Map([
    ['v1', first],
    ['v2', second],
  ]);
}

/** Makes the registry of a fixture beside its source; what is to be validated is in its work tree, not committed. */
export function makeFixture(
  box: Sandbox,
  source: Source,
  rule: string,
): { registry: Repository; hasBase: boolean } {
  const registry = box.repository(rule);
  const from = join(FOLDER, rule);
  if (existsSync(join(from, 'remote'))) {
    const remote = box.repository(`${rule}-remote`);
    remote.commit(filesIn(join(from, 'remote'), source));
    registry.git('remote', 'add', 'origin', remote.dir);
  }
  const hasBase = existsSync(join(from, 'base'));
  const base = hasBase ? filesIn(join(from, 'base'), source) : {};
  const head = filesIn(join(from, 'head'), source);
  // rules are those of the default branch, so that a configuration counts once it is committed
  const configs = Object.entries(head).filter(([path]) => path === '.reg.yaml' || path === '.gto');
  registry.commit(rule.startsWith('config-') ? base : { ...base, ...Object.fromEntries(configs) });
  const tags = existsSync(join(from, 'tags')) ? readFileSync(join(from, 'tags'), 'utf8').split('\n') : [];
  for (const tag of tags.filter(Boolean)) registry.tag(tag);
  for (const path of Object.keys(base)) if (!(path in head)) registry.git('rm', '--quiet', path);
  for (const [path, content] of Object.entries(head)) {
    mkdirSync(dirname(join(registry.dir, path)), { recursive: true });
    writeFileSync(join(registry.dir, path), content);
  }
  return { registry, hasBase };
}

function filesIn(folder: string, source: Source): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  return Object.fromEntries(
    paths.map((path) => [decodeURIComponent(path), filled(readFileSync(join(folder, path), 'utf8'), source)]),
  );
}

/** Puts what the source is in the place of what stands for it. */
const filled = (text: string, source: Source): string =>
  text.replaceAll(
    /\{\{(?:(sha256|size) )?(v\d)(?: ([^}]+))?\}\}/g,
    (_, what?: string, tag = '', path = '') => {
      const { commit = '', files = {} } = source.get(tag) ?? {};
      const bytes = Buffer.from(files[path] ?? '');
      if (what === 'size') return String(bytes.length);
      return what === undefined ? commit : createHash('sha256').update(bytes).digest('hex');
    },
  );
