import type { StageName } from '../domain/names.js';
import type { RegistryContext } from './context.js';
import { summaries } from './overview.js';
import type { ReadOptions } from './queries.js';

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
  const held = [...(await summaries(context, { at })).values()].flatMap(({ stages: own }) =>
    own.map(([stage]) => stage),
  );
  return [...new Set([...listed, ...held.sort()])];
}
