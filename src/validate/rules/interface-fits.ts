import { type ModelInterface, misfits } from '../../formats/interface.js';
import type { LinkSubject } from '../link-subject.js';
import type { Rule } from '../rule.js';

/** A model goes on serving those who use it. */
export const interfaceFits: Rule<LinkSubject> = {
  id: 'interface-fits',
  level: 'error',
  about: 'The interface of a model fits what each of its consumers expects (expects: in .reg.yaml).',
  check: async (subject) => {
    const { artifact, yaml, registry } = subject;
    const consumers = Object.entries(registry.config.expects).filter(([, one]) => one.artifact === artifact);
    if (consumers.length === 0) return [];
    const known = await knownInterface(
      subject,
      consumers.map(([, one]) => one),
    );
    return consumers.flatMap(([name, expected]) =>
      misfits(known, expected).map(({ path, message }) => ({
        line: yaml.lineOf(['interface', ...path]),
        message: `${artifact} does not fit ${name}: ${message}`,
      })),
    );
  },
};

const GROUPS = ['inputs', 'outputs', 'tensors', 'metadata'] as const;

/** What is declared of a model, and what its file says of the rest; the file is read only for what somebody expects. */
async function knownInterface(
  { link, fileInterface }: LinkSubject,
  expected: readonly ModelInterface[],
): Promise<ModelInterface> {
  const declared: ModelInterface = link.interface ?? {};
  const isMissing = GROUPS.some(
    (group) => declared[group] === undefined && expected.some((one) => one[group] !== undefined),
  );
  if (!isMissing) return declared;
  // a file that cannot be read is for other rules to tell
  const found = await fileInterface().catch(() => undefined);
  return { ...found, ...declared };
}
