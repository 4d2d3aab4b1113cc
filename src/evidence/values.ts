import { posix } from 'node:path';
import { outPath } from '../documents/dvc.js';
import { isMapping } from '../documents/dvc-parameters.js';
import {
  isMetric,
  isParameter,
  type NamedValue,
  namedValues,
  plainValue,
  readValues,
  textOfValue,
} from '../documents/values.js';
import { flagged, type Pipelines, type Stage } from './dvc.js';
import { type Metric, type Param, RELATIONS, type Relation } from './evidence.js';
import type { EvidenceFiles } from './files.js';

// Metrics and parameters of the pipelines of a commit, and of files with the usual names where no pipeline names any.

/** Who names a file, and what that is to the model. */
interface Owner {
  relation: Relation;
  stage: string | null;
}

const nearer = (one: Owner, other: Owner | undefined): Owner =>
  other !== undefined && RELATIONS.indexOf(other.relation) <= RELATIONS.indexOf(one.relation) ? other : one;

const ownerOf = (stage: Stage, { relationOf }: Pipelines): Owner => ({
  relation: relationOf(stage),
  stage: stage.name,
});

/** The owner of a file that only the top of a dvc.yaml names: the stage that makes it, else the top. */
export function topOwner(path: string, pipelines: Pipelines): Owner {
  const maker = pipelines.stages.find(({ outs }) =>
    outs.some((out) => path === out || path.startsWith(`${out}/`)),
  );
  return maker ? ownerOf(maker, pipelines) : { relation: 'top', stage: null };
}

/** Whether any dvc.yaml says what to show; without one, files with the names that DVCLive gives them count. */
const isNamedByPipelines = ({ tops, stages }: Pipelines): boolean =>
  [...tops.values()].some(({ metrics, params, plots }) => (metrics ?? params ?? plots) !== undefined) ||
  stages.some(({ metrics, plots }) => metrics.length + plots.length > 0);

/** Reads the metrics files. */
export async function metricsIn(
  files: EvidenceFiles,
  pipelines: Pipelines,
  named: string | undefined,
): Promise<Metric[]> {
  const owners = new Map<string, Owner>();
  const add = (path: string, owner: Owner): void => void owners.set(path, nearer(owner, owners.get(path)));
  for (const stage of pipelines.stages)
    for (const { path } of stage.metrics)
      for (const one of await files.filesAt(path)) add(one, ownerOf(stage, pipelines));
  for (const [file, { metrics }] of pipelines.tops)
    for (const [path] of flagged(metrics)) {
      const full = outPath(file, undefined, path);
      if (full !== undefined) for (const one of await files.filesAt(full)) add(one, topOwner(one, pipelines));
    }
  if (named !== undefined) add(named, { relation: 'made', stage: null });
  const usual = 'dvclive/metrics.json';
  if (!isNamedByPipelines(pipelines) && (await files.has(usual)))
    add(usual, { relation: 'top', stage: null });
  return readMetrics(files, owners);
}

/** The metrics of `metrics.json` at the top, for a repository where nothing else says what its metrics are. */
export async function usualMetrics(files: EvidenceFiles, pipelines: Pipelines): Promise<Metric[]> {
  const usual = 'metrics.json';
  if (isNamedByPipelines(pipelines) || !(await files.has(usual))) return [];
  return readMetrics(files, new Map([[usual, { relation: 'top', stage: null }]]));
}

async function readMetrics(files: EvidenceFiles, owners: ReadonlyMap<string, Owner>): Promise<Metric[]> {
  const found: Metric[] = [];
  for (const [file, owner] of owners) {
    if (owner.relation === 'other') continue;
    const bytes = await files.read(file);
    if (bytes === undefined) continue;
    const values = await files.attempt(file, () => metricsOf(bytes, file));
    for (const [key, value] of values ?? [])
      found.push({
        name: key,
        ...valued(value),
        key,
        dataset: null,
        config: null,
        split: null,
        ...owner,
        file,
      });
  }
  return found;
}

function metricsOf(bytes: Uint8Array, file: string): NamedValue[] {
  const content = readValues(bytes, file);
  // a file that is one value has its own name
  return isMapping(content) ? namedValues(content, isMetric) : isMetric(content) ? [[file, content]] : [];
}

const valued = (value: unknown): { value: unknown; text: string } => ({
  value: plainValue(value),
  text: textOfValue(value),
});

/** Reads the parameters: the values that dvc.lock recorded, and what else is in the files. */
export async function paramsIn(files: EvidenceFiles, pipelines: Pipelines): Promise<Param[]> {
  const wanted = new Map<string, { isWhole: boolean; names: Set<string> }>();
  const want = (file: string, names: readonly string[] | 'all'): void => {
    const one = wanted.get(file) ?? { isWhole: false, names: new Set<string>() };
    if (names === 'all') one.isWhole = true;
    else for (const name of names) one.names.add(name);
    wanted.set(file, one);
  };
  for (const [file, { params }] of pipelines.tops) {
    const beside = posix.join(posix.dirname(file), 'params.yaml');
    if (await files.has(beside)) want(beside, 'all');
    for (const [path] of flagged(params)) {
      const full = outPath(file, undefined, path);
      if (full !== undefined) want(full, 'all');
    }
  }
  for (const { params } of pipelines.stages) for (const [file, names] of params) want(file, names);
  if (!isNamedByPipelines(pipelines))
    for (const path of ['dvclive/params.yaml', 'params.yaml']) if (await files.has(path)) want(path, 'all');
  const found: Param[] = [];
  for (const [file, { isWhole, names }] of wanted) {
    const locked = lockedIn(file, pipelines);
    const values = new Map<string, { value: unknown; owner: Owner }>();
    const bytes = await files.read(file);
    const written =
      bytes && (await files.attempt(file, () => namedValues(readValues(bytes, file), isParameter)));
    for (const [name, value] of written ?? []) {
      const owner = ownerOfParam(file, name, pipelines);
      if (isWhole || [...names].some((one) => isUnder(name, one))) values.set(name, { value, owner });
    }
    for (const [name, { value, owner }] of locked) {
      const now = values.get(name);
      if (now !== undefined && textOfValue(plainValue(now.value)) === textOfValue(plainValue(value)))
        values.set(name, { value: now.value, owner });
      else {
        if (now !== undefined)
          files.note(
            file,
            'note',
            'it has other values than dvc.lock: those that the stages ran with are shown',
          );
        values.set(name, { value, owner });
      }
    }
    for (const [key, { value, owner }] of values)
      if (owner.relation !== 'other') found.push({ name: key, ...valued(value), key, ...owner, file });
  }
  return found;
}

const isUnder = (name: string, wanted: string): boolean => {
  const plain = wanted.replace(/\*$/, '');
  return name === plain || name.startsWith(`${plain}.`) || (plain !== wanted && name.startsWith(plain));
};

function ownerOfParam(file: string, name: string, pipelines: Pipelines): Owner {
  let owner: Owner | undefined;
  for (const stage of pipelines.stages) {
    const names = stage.params.get(file);
    if (names === 'all' || names?.some((one) => isUnder(name, one))) {
      const own = ownerOf(stage, pipelines);
      owner = owner === undefined ? own : nearer(own, owner);
    }
  }
  return owner ?? { relation: 'top', stage: null };
}

function lockedIn(file: string, pipelines: Pipelines): Map<string, { value: unknown; owner: Owner }> {
  const found = new Map<string, { value: unknown; owner: Owner }>();
  for (const stage of pipelines.stages) {
    const owner = ownerOf(stage, pipelines);
    for (const [name, value] of Object.entries(stage.locked.get(file) ?? {}))
      for (const [key, one] of isMapping(value)
        ? namedValues(value, isParameter, `${name}.`)
        : [[name, value] as const]) {
        const known = found.get(key);
        if (known === undefined || nearer(owner, known.owner) === owner)
          found.set(key, { value: one, owner });
      }
  }
  return found;
}

/** Puts the file before the names that two files have, as DVC does. */
export function withFiles<T extends { key: string; name: string; file: string }>(
  items: readonly T[],
  others: readonly { key: string; file: string }[],
): T[] {
  const filesOf = new Map<string, Set<string>>();
  for (const { key, file } of [...items, ...others])
    filesOf.set(key, (filesOf.get(key) ?? new Set()).add(file));
  return items.map((one) =>
    (filesOf.get(one.key)?.size ?? 0) > 1 ? { ...one, name: `${one.file}:${one.key}` } : one,
  );
}

/** Puts the data before the names of metrics that one file has for several data: `imdb plain_text test:accuracy`. */
export function withData(metrics: readonly Metric[]): Metric[] {
  const counts = new Map<string, number>();
  for (const { name } of metrics) counts.set(name, (counts.get(name) ?? 0) + 1);
  return metrics.map((one) => {
    const measured = [one.dataset, one.config, one.split].filter((part) => part !== null).join(' ');
    return (counts.get(one.name) ?? 0) > 1 && measured !== ''
      ? { ...one, name: `${measured}:${one.name}` }
      : one;
  });
}
