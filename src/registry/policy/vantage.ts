import type { RegistryContext } from '../context.js';
import type { Reach } from '../reach.js';

/** From where the rules of a team are looked at, which is where its branches are protected. */
export type Vantage =
  /** The remote, as it is now. */
  | { kind: 'remote'; remote: string }
  /** What this clone remembers of it. */
  | { kind: 'memory'; remote: string }
  /** This repository: there is no other. */
  | { kind: 'here' };

/** The vantage of a write that reaches so far. */
export const vantageOfReach = ({ asks, remote, note }: Reach): Vantage => {
  if (asks) return { kind: 'remote', remote };
  // there is a note where there is a remote that was not asked
  return note === undefined ? { kind: 'here' } : { kind: 'memory', remote };
};

/** Finds the vantage of a registry: its remote where it has one, unless that is not to be asked. */
export async function vantageOf(
  { repository, config }: RegistryContext,
  offline: boolean | undefined,
): Promise<Vantage> {
  if (repository.url !== undefined) return { kind: 'remote', remote: repository.url };
  const { remote } = await config();
  if (!(await repository.hasRemote(remote))) return { kind: 'here' };
  return { kind: offline ? 'memory' : 'remote', remote };
}
