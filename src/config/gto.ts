import { parseStageName, type StageName } from '../domain/names.js';
import { FOREIGN, readYaml } from '../yaml/read.js';

/** Where gto keeps its configuration, from the top of the repository. */
export const GTO_FILE = '.gto';

/**
 * The stages that gto's configuration allows, undefined for any; names that are no stage are left out.
 * @throws RegError INVALID_CONFIG when the file cannot be read
 */
export function stagesOfGto(bytes: Uint8Array): StageName[] | undefined {
  const entries = Object.entries(readYaml(bytes, GTO_FILE, 'INVALID_CONFIG', FOREIGN).content() ?? {});
  const stages: unknown = entries.find(([key]) => key.toLowerCase() === 'stages')?.[1];
  if (!Array.isArray(stages)) return undefined;
  return stages.flatMap((stage) => parseStageName(String(stage)) ?? []);
}
