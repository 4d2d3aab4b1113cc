import type { State } from '../domain/artifact.js';
import { tagRefspec } from '../domain/refs.js';
import { parseTagName } from '../domain/tag-name.js';
import type { TagRef } from '../git/port.js';
import { short } from '../util/oid.js';
import { shellLine } from '../util/shell.js';
import { fetchTag, type RemoteTags, type RemoveTag } from './check-tags.js';
import type { Ailment } from './finding.js';

/** Artifacts whose names a file system or a reader could take for one another. */
export function checkNames(state: State): Ailment[] {
  const first = new Map<string, string>();
  return [...state.keys()].flatMap((name): Ailment[] => {
    const other = first.get(name.toLowerCase());
    if (other === undefined) first.set(name.toLowerCase(), name);
    if (other === undefined) return [];
    const message = `it differs from the artifact '${other}' by letter case alone; give one of them up: ${shellLine('reg', 'deprecate', name)}`;
    return [{ level: 'warning', check: 'letter-case', subject: name, message, fix: null }];
  });
}

/**
 * Commits that tags name and this repository has not got, or that are none.
 * @param types what the objects are that tags name as commits; `missing` among them
 */
export function checkCommits(
  state: State,
  types: ReadonlyMap<string, string>,
  isShallow: boolean,
  remote: RemoteTags | undefined,
  remove: RemoveTag,
): Ailment[] {
  const events = [...state.values()].flatMap((artifact) => artifact.events);
  return events.flatMap(({ tag, commit }): Ailment[] => {
    const type = types.get(commit) ?? 'commit';
    // a shallow clone lacks commits by design, and says so once
    if (type === 'commit' || (type === 'missing' && isShallow)) return [];
    const what = `its commit ${short(commit)} is ${type === 'missing' ? 'not in this repository' : `a ${type}`}`;
    const check = type === 'missing' ? 'missing-commit' : 'not-a-commit';
    const from = type === 'missing' && remote?.tags.has(tag) ? remote.name : undefined;
    const fix = from === undefined ? remove(tag) : shellLine('git', 'fetch', '--no-tags', from, commit);
    return [{ level: 'error', check, subject: tag, message: what, fix }];
  });
}

/** A clone whose history was cut off, as CI makes them: events are all that a registry needs. */
export function checkDepth(isShallow: boolean): Ailment[] {
  if (!isShallow) return [];
  const message =
    'this clone is shallow: the history of commits is cut off, and tags may be missing: reg sync';
  return [{ level: 'info', check: 'shallow', subject: null, message, fix: 'git fetch --unshallow --tags' }];
}

/** Events that the remote has and this clone lacks or holds otherwise. */
export function checkRemote(local: readonly TagRef[], { name: remote, tags }: RemoteTags): Ailment[] {
  const here = new Map(local.map((ref) => [ref.name, ref.oid]));
  return [...tags].flatMap(([tagName, oid]): Ailment[] => {
    if (parseTagName(tagName) === undefined || here.get(tagName) === oid) return [];
    const isHere = here.has(tagName);
    return [
      {
        level: 'error',
        check: isHere ? 'differs-from-remote' : 'only-at-remote',
        subject: tagName,
        message: isHere
          ? `${remote} has another tag of this name; the command takes that one and drops this`
          : `${remote} has it and this clone does not`,
        fix: isHere
          ? fetchTag(remote, tagName)
          : shellLine('git', 'fetch', '--no-tags', remote, tagRefspec(tagName)),
      },
    ];
  });
}
