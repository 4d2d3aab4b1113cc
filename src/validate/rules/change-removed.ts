import { versionLabel } from '../../domain/find.js';
import type { ArtifactName } from '../../domain/names.js';
import type { RegistryView } from '../registry-view.js';
import type { Rule, Subject } from '../rule.js';

/** A link file that a change removes. */
export interface RemovedSubject extends Subject {
  artifact: ArtifactName;
  registry: RegistryView;
}

/** What is in use stays declared. */
export const changeRemoved: Rule<RemovedSubject> = {
  id: 'change-removed',
  level: 'error',
  about: 'A link is not removed while a version of its artifact is in a stage (with --base).',
  check: async ({ artifact, registry }) => {
    const { stages, problem } = await registry.held(artifact);
    if (problem !== undefined) return [{ line: 1, message: problem }];
    const held = [...stages].map(([stage, { version }]) => `${versionLabel(version)} in ${stage}`);
    if (held.length === 0) return [];
    const message = `the link is removed, but ${artifact} is in use: ${held.join(', ')}; unassign it first, or keep the link`;
    return [{ line: 1, message }];
  },
};
