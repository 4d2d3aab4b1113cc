import type { Facts } from '../domain/differences.js';
import type { Evidence, Metric, Param } from '../evidence/evidence.js';

/** The facts of two pieces of evidence, by section and name. */
export interface ComparedEvidence {
  from: Facts;
  to: Facts;
  /** What could not be compared, in sentences. */
  problems: string[];
}

/**
 * Makes the facts of two pieces of evidence, under names that mean the same in both. What one side could not read is left out of the other
 * too: it is not known to be gone.
 */
export function comparedEvidence(from: Evidence | null, to: Evidence | null): ComparedEvidence {
  const unknown = new Map(
    [from, to].flatMap((one) =>
      (one?.notes ?? [])
        .filter(({ kind }) => kind === 'unreadable' || kind === 'not-fetched')
        .map((note) => [note.file, note.message]),
    ),
  );
  const ambiguous = ambiguousIn([from, to]);
  const factsIn = (one: Evidence | null): Facts => {
    if (one === null) return {};
    const known = <T extends { file: string }>(items: readonly T[]): T[] =>
      items.filter(({ file }) => !unknown.has(file));
    const named = (items: readonly (Metric | Param)[]) =>
      Object.fromEntries(
        known(items).map(({ name, key, file, value, text }) => [
          ambiguous.has(key) && !name.includes(':') ? `${file}:${key}` : name,
          // as DVC shows a list: one value
          Array.isArray(value) ? text : value,
        ]),
      );
    return {
      metrics: named(one.metrics),
      params: named(one.params),
      data: Object.fromEntries(
        known(one.data).map(({ name, digest, size }) => [name, digest ?? size ?? 'named']),
      ),
      commands: commandsIn(one),
      environment: Object.fromEntries(one.environment.map(({ file, sha256 }) => [file, `sha256:${sha256}`])),
    };
  };
  const files = new Set(
    [from, to].flatMap((one) => [...(one?.metrics ?? []), ...(one?.params ?? [])].map(({ file }) => file)),
  );
  return {
    from: factsIn(from),
    to: factsIn(to),
    problems: [...unknown]
      .filter(([file]) => files.has(file))
      .map(([file, why]) => `${file} cannot be compared: ${why}`),
  };
}

/** A stage may have several commands. */
function commandsIn({ commands }: Evidence): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { stage, command } of commands) {
    const name = stage ?? 'command';
    found[name] = Object.hasOwn(found, name) ? `${found[name]} && ${command}` : command;
  }
  return found;
}

/** Names that two files have in either. */
function ambiguousIn(both: readonly (Evidence | null)[]): Set<string> {
  return new Set(
    both.flatMap((one) =>
      [...(one?.metrics ?? []), ...(one?.params ?? [])]
        .filter(({ name, key, file }) => name === `${file}:${key}`)
        .map(({ key }) => key),
    ),
  );
}
