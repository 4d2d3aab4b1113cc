import { expect, test } from 'vitest';
import type { ArtifactState } from '../../src/domain/artifact.js';
import type { StageName } from '../../src/domain/names.js';
import { stagesInOrder } from '../../src/site/stage-order.js';

/** An artifact whose stages are first used in this order. */
const using = (...stages: string[]): ArtifactState =>
  ({
    events: stages.map((stage, time) => ({ kind: 'assignment', stage, time })),
  }) as unknown as ArtifactState;

test.each<[string, string[], string[], string[]]>([
  ['as they are listed', ['prod', 'dev'], ['dev', 'prod'], ['prod', 'dev']],
  ['those that are not listed come behind', ['dev', 'prod'], ['old', 'prod'], ['dev', 'prod', 'old']],
  ['without a list by first use', [], ['b', 'a', 'b'], ['b', 'a']],
  [
    'known names by what they say',
    [],
    ['prod', 'canary', 'staging', 'dev'],
    ['dev', 'staging', 'canary', 'prod'],
  ],
  ['other names keep their places', [], ['prod', 'eu', 'dev'], ['dev', 'eu', 'prod']],
  ['letter case does not count', [], ['Production', 'DEV'], ['DEV', 'Production']],
  ['an empty registry', ['dev'], [], ['dev']],
])('stages are in order: %s', (_, listed, used, expected) => {
  expect(stagesInOrder(listed as StageName[], [using(...used)])).toEqual(expected);
});
