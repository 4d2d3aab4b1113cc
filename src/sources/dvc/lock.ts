import { posix } from 'node:path';
import type { Oid } from '../../domain/event.js';
import type { ObjectReader } from '../../git/port.js';
import { type Content, committedYaml, mappingAt, mappingsAt, textAt } from './committed.js';
import { type DeclaredOut, outPath } from './out.js';

/**
 * The outputs of the stages whose `dvc.yaml` is in a folder, as its `dvc.lock` has them (DVC, "dvc.yaml files", "dvc.lock
 * file"). What stages say beyond hashes, where they run and which remote an output has, is in `dvc.yaml` alone. Stages that
 * are no more in it are left out, as DVC does.
 * @throws RegError SOURCE_UNSUPPORTED, TOO_LARGE
 */
export async function lockedOuts(objects: ObjectReader, commit: Oid, folder: string): Promise<DeclaredOut[]> {
  const file = posix.join(folder, 'dvc.lock');
  const lock = await committedYaml(objects, commit, file);
  if (lock === undefined) return [];
  const pipeline = await committedYaml(objects, commit, posix.join(folder, 'dvc.yaml'));
  // before schema 2.0 there was no key above the stages
  const locked = Object.hasOwn(lock, 'schema') ? mappingAt(lock, 'stages') : lock;
  return Object.keys(locked).flatMap((name) => {
    const stage = pipeline === undefined ? {} : stageOf(mappingAt(pipeline, 'stages'), name);
    if (stage === undefined) return [];
    const wdir = textAt(stage, 'wdir');
    return mappingsAt(mappingAt(locked, name), 'outs').flatMap((entry) => {
      const path = outPath(file, wdir, textAt(entry, 'path'));
      return path === undefined ? [] : [{ path, file, entry: { ...flagsOf(stage, entry), ...entry } }];
    });
  });
}

/** The stage of `dvc.yaml` that a name of `dvc.lock` stands for: `train`, or of several made by one template `train@large`. */
function stageOf(stages: Content, name: string): Content | undefined {
  const template = name.slice(0, Math.max(name.lastIndexOf('@'), 0));
  const key = [name, template].find((one) => one !== '' && Object.hasOwn(stages, one));
  if (key === undefined) return undefined;
  const stage = mappingAt(stages, key);
  return Object.hasOwn(stage, 'foreach') ? mappingAt(stage, 'do') : stage;
}

/** What a stage says of one of its outputs, such as `remote` and `cache`. */
function flagsOf(stage: Content, out: Content): Content {
  const path = textAt(out, 'path') ?? '';
  const said = ['outs', 'metrics', 'plots'].flatMap((kind) => mappingsAt(stage, kind));
  const one = said.find((entry) => Object.hasOwn(entry, path));
  return one ? mappingAt(one, path) : {};
}
