import { posix } from 'node:path';
import { faultOfEntry, mayLackPath, pathOfEntry } from '../documents/artifacts.js';
import type { RuleLevels } from '../documents/config.js';
import { inspectLink } from '../documents/link.js';
import { LINK_SUFFIX } from '../documents/link-path.js';
import { RegError } from '../errors.js';
import { dvcOutputs, isPointer, type PointerFiles } from '../models/dvc-index.js';
import { type Declarations, type DeclaringFiles, declarationsIn } from '../registry/declared.js';
import type { Finding } from '../registry/rows.js';
import { levelOf, type RuleInfo } from './finding.js';

// What files of other tools declare, and the pointers of DVC: whether they can be read, and lead to a model.

/** Rules about files of DVC and gto. */
export const DECLARATION_RULES = {
  unreadable: {
    id: 'declaration-read',
    level: 'error',
    about: 'A dvc.yaml, an artifacts.yaml, a dvc.lock or a .dvc file can be read.',
  },
  entry: {
    id: 'declaration-path',
    level: 'error',
    about: 'An artifact of a dvc.yaml or an artifacts.yaml is in the repository, or DVC tracks it.',
  },
  type: {
    id: 'declaration-type',
    level: 'error',
    about: 'The type of an artifact is one that the configuration of gto allows, where that lists types.',
  },
  template: {
    id: 'declaration-template',
    level: 'warning',
    about: 'The templates of a dvc.yaml can be filled in.',
  },
  name: {
    id: 'declaration-name',
    level: 'warning',
    about: 'An artifact of a dvc.yaml or an artifacts.yaml has, with its folder, a name that tags may hold.',
  },
  old: {
    id: 'declaration-old',
    level: 'info',
    about: 'A file of DVC has the form that DVC reads today.',
  },
} as const satisfies Record<string, RuleInfo>;

/** Something that is wrong with a declaration. `foreign` is no rule: it is a file that belongs to another tool. */
export interface DeclarationFault {
  kind: keyof typeof DECLARATION_RULES | 'foreign';
  file: string;
  line: number;
  message: string;
}

/** What files declare, and what is wrong with that. */
export interface DeclarationCheck {
  declared: Declarations;
  faults: DeclarationFault[];
}

/**
 * Reads the files of DVC and gto among some, and says what is wrong with them.
 * @param types those that the configuration allows; undefined allows any
 */
export async function checkDeclarations(
  files: DeclaringFiles,
  types: readonly string[] | undefined,
): Promise<DeclarationCheck> {
  const declared = await declarationsIn(files);
  const { outs, problems, old } = await dvcOutputs(pointersAmong(files));
  const unreadable = problems.map(({ message, place }): DeclarationFault => {
    const [, file = '', rest] = /^(.*?):\d+: (.*)$/s.exec(message) ?? [];
    return {
      kind: 'unreadable',
      file: place?.file ?? (file || (message.split(' ')[0] ?? '')),
      line: place?.line ?? 1,
      message: rest ?? message,
    };
  });
  // a dvc.yaml is read for its artifacts, and again beside its dvc.lock
  const known = new Set(declared.problems.map(({ file }) => file));
  const faults = [
    ...declared.problems,
    ...unreadable.filter(({ file }) => !known.has(file)),
    // the file that cannot be read may be the one that tracks it
    ...(problems.length > 0 ? [] : leadingNowhere(declared, files.paths, new Set(outs.keys()))),
    ...(types === undefined ? [] : ofOtherTypes(declared, types)),
    ...old.map(({ file, why }): DeclarationFault => ({ kind: 'old', file, line: 1, message: why })),
  ];
  return { declared, faults };
}

/** Artifacts whose path is neither that of a file or folder, nor of what DVC tracks. */
function leadingNowhere(
  { foreign }: Declarations,
  paths: readonly string[],
  tracked: ReadonlySet<string>,
): DeclarationFault[] {
  const there = new Set(['.', ...paths]);
  for (const path of [...paths, ...tracked])
    for (let above = posix.dirname(path); above !== '.' && !there.has(above); above = posix.dirname(above))
      there.add(above);
  const isTracked = (path: string): boolean =>
    path !== '.' && path !== '/' && (tracked.has(path) || isTracked(posix.dirname(path)));
  return foreign.flatMap(({ name, entry, declaration }): DeclarationFault[] => {
    // one without a path in the repository is a problem of the file
    if (mayLackPath(entry, declaration) || faultOfEntry(entry, declaration) !== undefined) return [];
    const path = posix.normalize(pathOfEntry(entry, declaration) ?? '').replace(/\/$/, '');
    if (there.has(path) || isTracked(path)) return [];
    const message = `the artifact '${name}' has the path ${path}, which no file, folder, dvc.lock or .dvc file has`;
    return [{ kind: 'entry', file: declaration.file, line: 1, message }];
  });
}

const ofOtherTypes = ({ foreign }: Declarations, types: readonly string[]): DeclarationFault[] =>
  foreign.flatMap(({ name, entry: { type }, declaration: { file } }): DeclarationFault[] => {
    if (typeof type !== 'string' || types.includes(type)) return [];
    const message = `the artifact '${name}' has the type '${type}', which is not among those that .gto allows: ${types.join(', ')}`;
    return [{ kind: 'type', file, line: 1, message }];
  });

const pointersAmong = ({ paths, read }: DeclaringFiles): PointerFiles => ({
  read,
  has: async (path) => paths.includes(path),
  pointers: async () => paths.filter(isPointer),
});

/** The faults as findings of `validate`, at the levels of a configuration. */
export const findingsOf = (faults: readonly DeclarationFault[], levels: RuleLevels): Finding[] =>
  faults.flatMap(({ kind, file, line, message }): Finding[] => {
    // the rule link-name has the names of links
    if (kind === 'foreign' || (kind === 'name' && file.endsWith(LINK_SUFFIX))) return [];
    const rule = DECLARATION_RULES[kind];
    const level = levelOf(rule, levels);
    return level === 'off' ? [] : [{ level, rule: rule.id, file, line, message }];
  });

/** Link files that cannot be read, as faults. */
export async function unreadableLinks({ paths, read }: DeclaringFiles): Promise<DeclarationFault[]> {
  const faults: DeclarationFault[] = [];
  for (const file of paths.filter((path) => path.endsWith(LINK_SUFFIX))) {
    const bytes = await read(file).catch((error: unknown) => {
      if (!(error instanceof RegError) || error.code !== 'TOO_LARGE') throw error;
      faults.push({ kind: 'unreadable', file, line: 1, message: error.message });
      return null;
    });
    const reading = bytes === null ? undefined : inspectLink(bytes ?? new Uint8Array(), file);
    if (reading && 'problems' in reading)
      for (const { message, line } of reading.problems)
        faults.push({ kind: 'unreadable', file, line, message });
  }
  return faults;
}
