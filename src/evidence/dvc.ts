import { posix } from 'node:path';
import { digestOfOut, outPath, outsOfDvcFile, readDvcFile, readPipeline } from '../documents/dvc.js';
import { isMapping } from '../documents/dvc-parameters.js';
import type { DvcContent } from '../documents/dvc-template.js';
import { readValues } from '../documents/values.js';
import { compareText } from '../domain/order.js';
import { withoutUserInfo } from '../util/address.js';
import type { Command, Data, Relation } from './evidence.js';
import type { EvidenceFiles } from './files.js';

// The pipelines of DVC at a commit: which stage made the model, from what, and what the others are to it.

/** A dependency of a stage. */
interface Dep {
  /** From the top; undefined for what is not in the repository. */
  path: string | undefined;
  url: string | undefined;
  digest: string | null;
  size: number | null;
}

/** A stage of a dvc.yaml, with what dvc.lock says of its last run. */
export interface Stage {
  name: string;
  /** The dvc.yaml, or the .dvc file. */
  file: string;
  commands: string[];
  deps: Dep[];
  /** From the top. */
  outs: string[];
  /** Metrics and plots as declared: the path from the top and the flags. */
  metrics: { path: string; flags: DvcContent }[];
  plots: { path: string; flags: DvcContent }[];
  /** By the file's path from the top: the names that count, or all of it. */
  params: Map<string, string[] | 'all'>;
  /** The values that dvc.lock recorded, by file and name. */
  locked: Map<string, DvcContent>;
}

/** What the files of DVC say at a commit. */
export interface Pipelines {
  stages: Stage[];
  /** Each dvc.yaml that could be read, by path. */
  tops: Map<string, DvcContent>;
  relationOf(stage: Stage): Relation;
}

/** Whether two paths are the same, or one is inside the other. */
export const overlaps = (one: string, other: string): boolean =>
  one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);

const mapping = (value: unknown): DvcContent => (isMapping(value) ? value : {});
const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
/** A value that is a text, and not empty; undefined for any other. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const ownValue = (content: DvcContent, key: string): unknown =>
  Object.hasOwn(content, key) ? content[key] : undefined;

/** The entries of a list of DVC: a path, or a path with flags. */
export function flagged(value: unknown): [string, DvcContent][] {
  if (isMapping(value)) return Object.entries(value).map(([key, flags]) => [key, mapping(flags)]);
  return list(value).flatMap((one): [string, DvcContent][] =>
    typeof one === 'string'
      ? [[one, {}]]
      : Object.entries(mapping(one)).map(([key, flags]) => [key, mapping(flags)]),
  );
}

/** Reads every dvc.yaml, dvc.lock and .dvc file of a commit. */
export async function readPipelines(files: EvidenceFiles, model: string | undefined): Promise<Pipelines> {
  const stages: Stage[] = [];
  const tops = new Map<string, DvcContent>();
  const paths = [...(await files.entries()).keys()]
    .filter((path) => !/(^|\/)\.dvc\//.test(path))
    .sort(compareText);
  for (const file of paths) {
    if (posix.basename(file) === 'dvc.yaml')
      await files.attempt(file, async () => {
        const bytes = await files.read(file);
        if (bytes === undefined) return;
        const { content, problems } = await readPipeline(bytes, file, (path) => files.readIfThere(path));
        for (const { message } of problems) files.note(file, 'unreadable', message);
        tops.set(file, content);
        const { lock, exact } = await lockBeside(files, file);
        stages.push(...stagesOf(content, lock, exact, file));
      });
    else if (/[^/]\.dvc$/.test(file))
      await files.attempt(file, async () => {
        const bytes = await files.read(file);
        if (bytes !== undefined) stages.push(trackedStage(readDvcFile(bytes, file), file));
      });
  }
  return { stages, tops, relationOf: relations(stages, model) };
}

/** The stages of the dvc.lock beside a dvc.yaml, and the same with numbers that keep their text. */
async function lockBeside(
  files: EvidenceFiles,
  file: string,
): Promise<{ lock: DvcContent; exact: DvcContent }> {
  const path = posix.join(posix.dirname(file), 'dvc.lock');
  const bytes = await files.readIfThere(path);
  const content = bytes && (await files.attempt(path, () => readDvcFile(bytes, path)));
  if (bytes === undefined || content === undefined) return { lock: {}, exact: {} };
  const exact = mapping(readValues(bytes, path));
  if (Object.hasOwn(content, 'schema'))
    return { lock: mapping(content.stages), exact: mapping(exact.stages) };
  if (Object.keys(content).length > 0)
    files.note(path, 'note', 'it has no schema, as DVC 1 wrote it; DVC 3 refuses it');
  return { lock: content, exact };
}

function stagesOf(content: DvcContent, lock: DvcContent, exact: DvcContent, file: string): Stage[] {
  return Object.entries(mapping(content.stages)).map(([name, value]) => {
    const stage = mapping(value);
    const locked = mapping(ownValue(lock, name));
    const wdir = textOf(stage.wdir);
    const at = (path: string): string | undefined => outPath(file, wdir, path);
    const here = (value: unknown): { path: string; flags: DvcContent }[] =>
      flagged(value).flatMap(([path, flags]) => {
        const full = at(path);
        return full === undefined ? [] : [{ path: full, flags }];
      });
    const metrics = [...here(stage.metrics), ...here(stage.metrics_no_cache)];
    const plots = [...here(stage.plots), ...here(stage.plots_no_cache)];
    const lockedOuts = list(locked.outs).flatMap((out) => at(textOf(mapping(out).path) ?? '') ?? []);
    const outs = [...here(stage.outs), ...here(stage.outs_no_cache), ...metrics, ...plots].map(
      ({ path }) => path,
    );
    const given = list(locked.cmd ?? stage.cmd).map(String);
    const deps = Object.hasOwn(locked, 'deps')
      ? list(locked.deps)
      : list(stage.deps).map((path) => ({ path }));
    return {
      name,
      file,
      commands: given,
      deps: deps.map((dep) => depOf(mapping(dep), at)),
      outs: [...new Set([...outs, ...lockedOuts])],
      metrics,
      plots,
      params: paramsOf(stage.params, at),
      locked: new Map(
        Object.entries(mapping(mapping(ownValue(exact, name)).params)).flatMap(
          ([path, values]): [string, DvcContent][] => {
            const full = at(path);
            return full === undefined ? [] : [[full, mapping(values)]];
          },
        ),
      ),
    };
  });
}

function paramsOf(value: unknown, at: (path: string) => string | undefined): Stage['params'] {
  const params: Stage['params'] = new Map();
  const add = (path: string, names: readonly unknown[] | 'all'): void => {
    const full = at(path);
    if (full === undefined) return;
    const known = params.get(full);
    params.set(full, names === 'all' || known === 'all' ? 'all' : [...(known ?? []), ...names.map(String)]);
  };
  for (const one of list(value))
    if (isMapping(one))
      for (const [path, names] of Object.entries(one))
        add(path, list(names).length === 0 ? 'all' : list(names));
    else add('params.yaml', [one]);
  return params;
}

function depOf(dep: DvcContent, at: (path: string) => string | undefined): Dep {
  const written = textOf(dep.path);
  const path = written === undefined ? undefined : at(written);
  return {
    path,
    url: path === undefined && written !== undefined ? withoutUserInfo(written) : undefined,
    digest: digestIn(dep),
    size: sizeIn(dep),
  };
}

function digestIn(entry: DvcContent): string | null {
  const found = digestOfOut({ path: '', file: '', entry });
  if (found)
    return `${found.kind === 'md5-dos2unix' ? 'md5' : found.kind}:${found.value}${found.isFolder ? '.dir' : ''}`;
  for (const key of ['etag', 'checksum', 'version_id', 'rev_lock']) {
    const value = textOf(entry[key]);
    if (value !== undefined) return `${key}:${value}`;
  }
  return null;
}

const sizeIn = ({ size }: DvcContent): number | null =>
  Number.isSafeInteger(size) && Number(size) >= 0 ? Number(size) : null;

/** A .dvc file: its outputs, and where they were imported from. */
function trackedStage(content: DvcContent, file: string): Stage {
  const deps = list(content.deps).map((value): Dep => {
    const dep = mapping(value);
    const repo = mapping(dep.repo);
    const url = textOf(repo.url) ?? textOf(dep.path);
    const rev = textOf(repo.rev_lock);
    return {
      path: undefined,
      url: url && withoutUserInfo(url),
      digest: rev === undefined ? digestIn(dep) : `rev_lock:${rev}`,
      size: sizeIn(dep),
    };
  });
  return {
    name: file,
    file,
    commands: list(content.cmd).map(String),
    deps: deps.filter(({ url }) => url !== undefined),
    outs: outsOfDvcFile(content, file).map(({ path }) => path),
    metrics: [],
    plots: [],
    params: new Map(),
    locked: new Map(),
  };
}

/** What each stage is to the model: it made it, it is upstream or downstream of that, or it is of another model. */
function relations(stages: readonly Stage[], model: string | undefined): (stage: Stage) => Relation {
  const found = new Map<Stage, Relation>();
  if (model !== undefined) {
    for (const stage of stages) if (stage.outs.some((out) => overlaps(out, model))) found.set(stage, 'made');
    const upstream = [...found.keys()];
    for (let at = upstream.pop(); at; at = upstream.pop())
      for (const stage of makersOf(at, stages))
        if (!found.has(stage)) {
          found.set(stage, 'upstream');
          upstream.push(stage);
        }
    const after = [model];
    for (let path = after.pop(); path !== undefined; path = after.pop())
      for (const stage of stages)
        if (
          !found.has(stage) &&
          stage.deps.some((dep) => dep.path !== undefined && overlaps(dep.path, path as string))
        ) {
          found.set(stage, 'downstream');
          after.push(...stage.outs);
        }
  }
  return (stage) => found.get(stage) ?? 'other';
}

const makersOf = (stage: Stage, stages: readonly Stage[]): Stage[] =>
  stages.filter((one) =>
    stage.deps.some(({ path }) => path !== undefined && one.outs.some((out) => overlaps(out, path))),
  );

/** The commands of the stages, in the order from the first one upstream. */
export const commandsOf = ({ stages, relationOf }: Pipelines): Command[] =>
  stages.flatMap((stage) =>
    stage.commands.map((command) => ({
      command,
      relation: relationOf(stage),
      stage: stage.name,
      file: stage.file,
    })),
  );

/** What stages read that no stage makes: data, code, and what was imported. */
export function dataOf({ stages, relationOf }: Pipelines): Data[] {
  const made = stages
    .filter(({ commands, deps }) => commands.length > 0 || deps.length > 0)
    .flatMap(({ outs }) => outs);
  return stages.flatMap((stage) =>
    stage.deps
      .filter(({ path }) => path === undefined || !made.some((out) => overlaps(out, path)))
      .map(({ path, url, digest, size }) => ({
        name: path ?? url ?? '',
        role:
          path !== undefined && /\.(py|ipynb|sh|r|R|jl|scala|sql|js|ts|c|cpp|go|rs)$/.test(path)
            ? 'code'
            : null,
        url: url ?? null,
        digest,
        size,
        relation: relationOf(stage),
        stage: stage.name,
        file: stage.file,
      })),
  );
}
