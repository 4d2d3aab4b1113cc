import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type ArtifactState,
  artifactStateOf,
  currentIn,
  latestVersion,
  stagesUsed,
} from '../../src/domain/artifact.js';
import { type Event, eventOf } from '../../src/domain/event.js';
import { artifactName } from '../../src/domain/names.js';
import { messageOf, type Snapshot } from '../../src/domain/plan.js';
import { planNewName } from '../../src/domain/rename.js';
import { parseTagName } from '../../src/domain/tag-name.js';
import { RegError } from '../../src/errors.js';
import { ARTIFACTS, anyRegistry } from '../support/arbitraries.js';
import { snapshot } from '../support/builders.js';
import { cases } from '../support/soak.js';

const NEW = artifactName('other:name');
const tagger = { name: 'Ann Lee', email: 'ann@example.com' };

const stateBefore = (artifact: ArtifactState): Snapshot =>
  snapshot([], { artifact, tagNames: new Set(artifact.events.map(({ tag }) => tag)), now: 5_000_000_000 });

it('after a rename every stage has what it had, and the latest is the same', () => {
  let renamed = 0;
  fc.assert(
    fc.property(anyRegistry, fc.constantFrom(...ARTIFACTS), (tags, name) => {
      const events = tags.flatMap(({ tag, form }): Event[] => {
        const parsed = parseTagName(tag.name);
        return (form === 'event' || form === 'signed') && parsed?.artifact === name
          ? [eventOf(parsed, tag)]
          : [];
      });
      const old = artifactStateOf(name, events);
      let made: ReturnType<typeof planNewName>;
      try {
        made = planNewName(stateBefore(artifactStateOf(NEW, [])), stateBefore(old), {});
      } catch (error) {
        if (error instanceof RegError) return;
        throw error;
      }
      renamed += 1;
      const after = artifactStateOf(
        NEW,
        made.tags.map((tag, index) =>
          eventOf(tag.event, {
            name: tag.tagName,
            oid: `${index}`.padStart(40, '0'),
            commit: tag.commit,
            tagger,
            date: tag.date,
            message: messageOf(tag, undefined),
          }),
        ),
      );
      const told = (artifact: ArtifactState): unknown =>
        stagesUsed(old).map((stage) => {
          const version = currentIn(artifact, stage)?.version;
          return [stage, version?.id, version?.commit];
        });
      expect(told(after)).toEqual(told(old));
      expect(latestVersion(after)?.id).toBe(latestVersion(old)?.id);
    }),
    { numRuns: cases(3000, 600) },
  );
  expect(renamed).toBeGreaterThan(50);
});
