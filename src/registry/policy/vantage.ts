import type { RegistryContext } from '../context.js';

/** From where the rules of a team are looked at, which is where its branches are protected. */
export type Vantage =
  /** The remote, as it is now. */
  | { kind: 'remote'; remote: string }
  /** What this clone remembers of it. */
  | { kind: 'memory'; remote: string }
  /** This repository: there is no other. */
  | { kind: 'here' };

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
