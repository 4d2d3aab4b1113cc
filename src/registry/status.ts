import { compareText } from '../domain/order.js';
import { RegError } from '../errors.js';
import { compareTags, listBothSides } from './compare-tags.js';
import type { RegistryContext } from './context.js';
import { noRemote } from './reach.js';
import type { StatusRow } from './rows.js';

/**
 * Compares the registry's tags with those of the remote; nothing is fetched. Rows are by tag name.
 * @throws RegError NO_CLONE, REMOTE_FAILED
 */
export async function status(context: RegistryContext): Promise<StatusRow[]> {
  const remote = await requireRemote(context);
  const { here, there, onlyHere } = await listBothSides(context.repository, remote);
  const { wanted, differing } = compareTags(here, there);
  const rows: StatusRow[] = [
    ...onlyHere.map(({ name, oid }) => ({
      tag: name,
      state: 'local-only' as const,
      local: oid,
      remote: null,
    })),
    ...wanted.map(({ tag: { name, oid }, replaces }) => ({
      tag: name,
      state: 'remote-only' as const,
      local: replaces ?? null,
      remote: oid,
    })),
    ...differing.map(({ name, oid }) => {
      const local = here.find((tag) => tag.name === name)?.oid ?? null;
      return { tag: name, state: 'differs' as const, local, remote: oid };
    }),
  ];
  return rows.sort((a, b) => compareText(a.tag, b.tag));
}

/**
 * The name of the remote of a clone.
 * @throws RegError NO_CLONE where there is none
 */
export async function requireRemote({ repository, config }: RegistryContext): Promise<string> {
  if (repository.url !== undefined)
    throw new RegError(
      'NO_CLONE',
      `only a clone can be compared with its remote, and ${repository.url} is the remote itself`,
      'name a clone with --repo',
    );
  const { remote } = await config();
  if (await repository.hasRemote(remote)) return remote;
  throw noRemote(remote);
}
