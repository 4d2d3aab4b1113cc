import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { isMapping } from '../documents/dvc-parameters.js';
import type { DvcContent } from '../documents/dvc-template.js';
import { pythonFloat } from '../documents/python-number.js';
import { plainValue, readValues, textOfValue } from '../documents/values.js';
import { formatTime } from '../domain/time.js';
import { parseJson, utf8Text } from '../util/text.js';
import { textOf } from './dvc.js';
import type { Evidence } from './evidence.js';
import type { EvidenceFiles } from './files.js';

// What MLflow records: an MLmodel beside the model, and the run in a folder `mlruns` of the same repository (MLflow, "MLflow Models",
// "Tracking", file store).

/** The evidence of the MLmodel at the model's path, or beside it. */
export async function mlflowIn(files: EvidenceFiles, model: string): Promise<Partial<Evidence>> {
  const folders = [model, posix.dirname(model)];
  for (const folder of folders) {
    const file = posix.join(folder, 'MLmodel');
    const bytes = await files.readIfThere(file);
    if (bytes === undefined) continue;
    const content = await files.attempt(file, () => readValues(bytes, file));
    if (!isMapping(content)) {
      if (content !== undefined) files.note(file, 'unreadable', 'it is not an MLmodel: it holds no keys');
      return {};
    }
    const own = ofMlmodel(content, file);
    const run = textOf(content.run_id);
    return { ...own, environment: await environmentIn(files, folder), ...(run && (await runIn(files, run))) };
  }
  return {};
}

const ENVIRONMENT = [
  'requirements.txt',
  'conda.yaml',
  'python_env.yaml',
  'pyproject.toml',
  'environment.yml',
];

/** The files of a folder that say which packages are needed, with their digests. */
export async function environmentIn(files: EvidenceFiles, folder: string): Promise<Evidence['environment']> {
  const found: Evidence['environment'] = [];
  for (const name of ENVIRONMENT) {
    const file = posix.join(folder, name);
    const bytes = await files.readIfThere(file);
    if (bytes) found.push({ file, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return found;
}

function ofMlmodel(content: DvcContent, file: string): Partial<Evidence> {
  const about: Evidence['about'] = [];
  const flavors = isMapping(content.flavors) ? content.flavors : {};
  for (const [name, flavor] of Object.entries(flavors)) {
    const version = isMapping(flavor)
      ? (textOf(flavor[`${name}_version`]) ?? textOf(flavor.python_version))
      : undefined;
    about.push({ name: 'flavor', value: version === undefined ? name : `${name} ${version}`, file });
  }
  for (const name of [
    'mlflow_version',
    'utc_time_created',
    'model_id',
    'model_uuid',
    'run_id',
    'databricks_runtime',
  ]) {
    const value = content[name];
    if (value !== undefined && value !== null) about.push({ name, value: textOfValue(value), file });
  }
  if (isMapping(content.metadata))
    about.push({ name: 'metadata', value: plainValue(content.metadata), file });
  const given = content.signature;
  const signature = isMapping(given)
    ? Object.fromEntries(
        Object.entries(given).map(([key, value]) => [
          key,
          typeof value === 'string' ? (parseJson(value) ?? value) : plainValue(value),
        ]),
      )
    : null;
  return { about, signature };
}

/** The run of an MLmodel, where the repository has its folder. */
async function runIn(files: EvidenceFiles, run: string): Promise<Partial<Evidence>> {
  const paths = [...(await files.entries()).keys()];
  const meta = paths.find((path) => path.endsWith(`/${run}/meta.yaml`));
  if (meta === undefined) return {};
  const folder = posix.dirname(meta);
  const below = (kind: string): string[] => paths.filter((path) => path.startsWith(`${folder}/${kind}/`));
  const textIn = async (path: string): Promise<string> =>
    utf8Text((await files.readIfThere(path)) ?? new Uint8Array()) ?? '';
  const nameIn = (path: string, kind: string): string => path.slice(folder.length + kind.length + 2);
  const made = { relation: 'made', stage: null } as const;
  const metrics: Evidence['metrics'] = [];
  for (const path of below('metrics')) {
    const last = (await textIn(path)).trim().split('\n').at(-1) ?? '';
    const [, value = '', , dataset] = last.trim().split(' ');
    const number = numberIn(value);
    if (number === undefined) {
      files.note(path, 'unreadable', 'its last line has no value');
      continue;
    }
    const name = nameIn(path, 'metrics');
    const exact = pythonFloat(number);
    metrics.push({
      name,
      value: plainValue(exact),
      text: textOfValue(exact),
      key: name,
      dataset: dataset ?? null,
      config: null,
      split: null,
      ...made,
      file: path,
    });
  }
  const params: Evidence['params'] = [];
  for (const path of below('params')) {
    const text = (await textIn(path)).replace(/\n$/, '');
    const name = nameIn(path, 'params');
    params.push({ name, value: text, text, key: name, ...made, file: path });
  }
  const data = await datasetsIn(files, below('inputs'), posix.dirname(folder));
  const values = await valuesAt(files, meta);
  const tag = async (name: string): Promise<string | null> =>
    (await textIn(`${folder}/tags/${name}`)).trim() || null;
  return {
    metrics,
    params,
    data,
    run: {
      id: run,
      by: (await tag('mlflow.user')) ?? textOf(values.user_id) ?? null,
      started: timeOf(values.start_time),
      ended: timeOf(values.end_time),
      command: withoutFolders(await tag('mlflow.source.name')),
      commit: await tag('mlflow.source.git.commit'),
      file: meta,
    },
  };
}

/** A path of the machine that trained says nothing, and may be private. */
const withoutFolders = (source: string | null): string | null =>
  source !== null && posix.isAbsolute(source) ? posix.basename(source) : source;

const numberIn = (text: string): number | undefined => {
  if (/^[-+]?inf(inity)?$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^[-+]?nan$/i.test(text)) return Number.NaN;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined;
};

function timeOf(value: unknown): string | null {
  const at = Number(textOfValue(value ?? ''));
  return Number.isFinite(at) && at > 0 && at < 8.64e15 ? formatTime(Math.floor(at / 1000)) : null;
}

async function valuesAt(files: EvidenceFiles, path: string): Promise<DvcContent> {
  const bytes = await files.readIfThere(path);
  const content = bytes && (await files.attempt(path, () => readValues(bytes, path)));
  return isMapping(content) ? content : {};
}

async function datasetsIn(
  files: EvidenceFiles,
  inputs: readonly string[],
  experiment: string,
): Promise<Evidence['data']> {
  const found: Evidence['data'] = [];
  for (const path of inputs.filter((one) => one.endsWith('/meta.yaml'))) {
    const input = await valuesAt(files, path);
    const file = posix.join(experiment, 'datasets', textOf(input.source_id) ?? '', 'meta.yaml');
    const dataset = await valuesAt(files, file);
    const name = textOf(dataset.name);
    if (name === undefined) continue;
    const tags = isMapping(input.tags) ? input.tags : {};
    const digest = dataset.digest === undefined ? undefined : textOfValue(dataset.digest);
    found.push({
      name,
      role: textOf(tags['mlflow.data.context']) ?? null,
      url: null,
      digest: digest === undefined ? null : `mlflow:${digest}`,
      size: null,
      relation: 'made',
      stage: null,
      file,
    });
  }
  return found;
}
