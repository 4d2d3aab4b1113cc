import type { StageName } from '../domain/names.js';
import type { RegistryContext } from './context.js';
import { type ReadOptions, seconds } from './queries.js';
import { readState } from './read.js';
import { readSummaries } from './summaries.js';
import { versionsByStage } from "../domain/artifact.js";

/** Which stages are wanted; with neither, the allowed ones and behind them the others in use. */
export interface StagesOptions extends ReadOptions {
  /** Those that the configuration lists, in order of promotion. */
  allowed?: boolean | undefined;
  /** Those that hold a version, by name; deprecated artifacts count. */
  used?: boolean | undefined;
}

/** The stages of a registry. */
export async function stages(
  context: RegistryContext,
  { allowed, used, at }: StagesOptions,
): Promise<StageName[]> {
  const listed = used && !allowed ? [] : ((await context.config()).stages ?? []);
  if (allowed && !used) return [...listed];
  const held = (
    at ? await heldAt(context, at) : [...(await readSummaries(context.repository)).values()]
  ).flatMap(({ stages: own }) => [...own].map(([stage]) => stage));
  return [...new Set([...listed, ...held.sort()])];
}

async function heldAt(
  { repository }: RegistryContext,
  at: Date,
): Promise<{ stages: Iterable<readonly [StageName, unknown]> }[]> {
  const state = await readState(repository, seconds(at));
  return [...state.values()].map((artifact) => ({ stages: versionsByStage(artifact) }));
}
