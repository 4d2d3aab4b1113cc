import type { FileSubject } from '../link-subject.js';
import type { Complaint, Rule } from '../rule.js';

/** No two artifacts are told apart by letter case alone. */
export const linkCase: Rule<FileSubject> = {
  id: 'link-case',
  level: 'error',
  about:
    'The name of an artifact differs from every other name, declared or registered, by more than letter case.',
  check: async ({ artifact, registry }) => {
    if (artifact === undefined) return [];
    const lower = artifact.toLowerCase();
    const isOther = (name: string): boolean => name !== artifact && name.toLowerCase() === lower;
    const complain = (what: string, name: string): Complaint[] => [
      { line: 1, message: `${artifact} differs from ${what} ${name} by letter case alone` },
    ];
    const declared = registry.declared.find(isOther);
    if (declared !== undefined) return complain('the declared artifact', declared);
    const registered = await registry.registered();
    // what is registered both ways was so before, and no link can mend it
    const other = registered.includes(artifact) ? undefined : registered.find(isOther);
    return other === undefined ? [] : complain('the registered artifact', other);
  },
};
