import type { RegistryContext } from '../registry/context.js';
import { floatingLinks } from '../registry/floating.js';

/** What to say of links that were just pinned to what a branch is now: `validate` does not let that pass. */
export const floatingWarnings = async (
  context: RegistryContext,
  artifacts: readonly string[],
): Promise<string[]> =>
  (await floatingLinks(context, artifacts)).map(
    ({ artifact, rev }) =>
      `warning: ${artifact} is linked to '${rev}', a branch, which moves on, and reg validate will say so: link it to a tag or a commit id, or allow it with revs: floating in .reg.yaml`,
  );
