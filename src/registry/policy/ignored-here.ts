import { isDeepStrictEqual } from 'node:util';
import { CONFIG_FILE } from '../../documents/config.js';
import type { RegistryContext } from '../context.js';
import type { RulesInForce } from './rules-in-force.js';
import type { Vantage } from './vantage.js';

/**
 * Says that the rules of a team in the work tree are not the ones that are asked; undefined where they say the same, and where
 * the work tree says nothing. Signers are compared where a stage asks for them.
 */
export async function ignoredHere(
  context: RegistryContext,
  vantage: Vantage,
  rules: RulesInForce,
): Promise<string | undefined> {
  if (vantage.kind === 'here') return undefined;
  const files = await context.workTree();
  if (files === undefined || (await files.read(CONFIG_FILE)) === undefined) return undefined;
  const config = await context.config();
  const asked = `the default branch of ${vantage.remote}`;
  if (!isDeepStrictEqual(config.policy, rules.policy))
    return `the policy in ${CONFIG_FILE} here is not that of ${asked}, which is the one asked`;
  if (!Object.values(rules.policy).some(({ signed }) => signed)) return undefined;
  const [here, there] = await Promise.all([files.read(config.signers), rules.signers()]);
  return isDeepStrictEqual(here && Buffer.from(here), there && Buffer.from(there))
    ? undefined
    : `the signers in ${config.signers} here are not those of ${asked}, which are the ones asked`;
}
