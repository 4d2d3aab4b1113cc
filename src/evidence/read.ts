import { posix } from 'node:path';
import { matchesGlob } from '../domain/glob.js';
import { cardIn } from './card.js';
import { commandsOf, dataOf, overlaps, readPipelines } from './dvc.js';
import { type Evidence, emptyEvidence, type Relation } from './evidence.js';
import { EvidenceFiles, type EvidencePlace } from './files.js';
import { environmentIn, mlflowIn } from './mlflow.js';
import { plotsIn } from './plots.js';
import { metricsIn, paramsIn, usualMetrics, withData, withFiles } from './values.js';

export type { EvidencePlace } from './files.js';

/** What to read beside the usual files, and what to leave out. */
export interface EvidenceOptions {
  /** The metrics file that a link or the configuration names, from the top of the repository. */
  metricsFile?: string | undefined;
  /** Patterns of names whose values are private: they are left out. */
  hide?: readonly string[] | undefined;
}

/**
 * Reads what a version was made from and how it did, from the files of its commit (docs/evidence.md). What cannot be read is a note
 * beside the rest.
 * @throws RegError only where git itself cannot be read
 */
export async function readEvidence(
  place: EvidencePlace,
  { metricsFile, hide = [] }: EvidenceOptions = {},
): Promise<Evidence> {
  const files = new EvidenceFiles(place);
  const { path } = place;
  const pipelines = await readPipelines(files, path);
  const inPipelines: Partial<Evidence> = {
    metrics: await metricsIn(files, pipelines, metricsFile),
    params: await paramsIn(files, pipelines),
    data: about(dataOf(pipelines)),
    commands: about(commandsOf(pipelines)),
    plots: await plotsIn(files, pipelines),
  };
  if (
    path !== undefined &&
    pipelines.stages.length > 0 &&
    !pipelines.stages.some(({ outs }) => outs.some((out) => overlaps(out, path)))
  )
    files.note(
      path,
      'note',
      'no stage makes it, so metrics and parameters of stages that do not read it are left out',
    );
  const parts = [
    inPipelines,
    ...(path === undefined ? [] : [await mlflowIn(files, path), await cardIn(files, path)]),
  ];
  const whole = parts.reduce<Evidence>(joined, emptyEvidence());
  if (whole.environment.length === 0) whole.environment = await environmentIn(files, '.');
  if (whole.metrics.length === 0) whole.metrics = await usualMetrics(files, pipelines);
  const metrics = withData(withFiles(whole.metrics, whole.params));
  const params = withFiles(whole.params, whole.metrics);
  // a template may have put a private value into a command
  const secrets = params
    .filter((one) => !shows(one))
    .map(({ text }) => text)
    .filter((text) => text.length > 3);
  const commands = whole.commands.map((one) => ({
    ...one,
    command: secrets.reduce((text, secret) => text.replaceAll(secret, '***'), one.command),
  }));
  function shows({ name, key }: { name: string; key: string }): boolean {
    return !hide.some((pattern) => matchesGlob(pattern, name) || matchesGlob(pattern, key));
  }
  const notes = files.notes.map((note) => ({ ...note, file: posix.normalize(note.file) }));
  return { ...whole, commands, metrics: metrics.filter(shows), params: params.filter(shows), notes };
}

/** What is about the model, and not about another one. */
const about = <T extends { relation: Relation }>(items: readonly T[]): T[] =>
  items.filter(({ relation }) => relation !== 'other');

/** Lists one behind the other; of single values the first one counts. */
function joined(whole: Evidence, part: Partial<Evidence>): Evidence {
  const merged = Object.entries(whole).map(([key, value]) => {
    const more = part[key as keyof Evidence];
    return [key, Array.isArray(value) && Array.isArray(more) ? [...value, ...more] : (value ?? more ?? null)];
  });
  return Object.fromEntries(merged) as Evidence;
}
