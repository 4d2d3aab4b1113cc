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
    about: 'An artifact of a dvc.yaml or an artifacts.yaml has a path inside the repository.',
  },
  template: {
    id: 'declaration-template',
    level: 'warning',
    about: 'The templates of a dvc.yaml can be filled in.',
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

/** Reads the files of DVC and gto among some, and says what is wrong with them. */
export async function checkDeclarations(files: DeclaringFiles): Promise<DeclarationCheck> {
  const declared = await declarationsIn(files);
  const { problems, old } = await dvcOutputs(pointersAmong(files));
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
    ...old.map(({ file, why }): DeclarationFault => ({ kind: 'old', file, line: 1, message: why })),
  ];
  return { declared, faults };
}

const pointersAmong = ({ paths, read }: DeclaringFiles): PointerFiles => ({
  read,
  has: async (path) => paths.includes(path),
  pointers: async () => paths.filter(isPointer),
});

/** The faults as findings of `validate`, at the levels of a configuration. */
export const findingsOf = (faults: readonly DeclarationFault[], levels: RuleLevels): Finding[] =>
  faults.flatMap(({ kind, file, line, message }): Finding[] => {
    if (kind === 'foreign') return [];
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
