import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  artifactNameForTag,
  artifactNameFromTag,
  parseArtifactName,
  parseStageName,
} from '../../src/domain/names.js';
import { formatTagName, parseTagName } from '../../src/domain/tag-name.js';
import { parseTarget } from '../../src/domain/target.js';
import { anyArtifact, anyStage, anyVersion, eventName, hostileText } from '../support/arbitraries.js';
import { cases } from '../support/soak.js';

const RUNS = { numRuns: cases(10_000) };

describe('names', () => {
  it('an artifact reads back from a tag and from what people type', () => {
    fc.assert(
      fc.property(anyArtifact, (artifact) => {
        expect(artifactNameFromTag(artifactNameForTag(artifact))).toBe(artifact);
        expect(parseArtifactName(artifact)).toBe(artifact);
      }),
      RUNS,
    );
  });

  it('an event reads back from its tag name', () => {
    fc.assert(
      fc.property(eventName(), (event) => {
        expect(parseTagName(formatTagName(event))).toEqual(event);
      }),
      RUNS,
    );
  });

  it('a tag name that is read is written the same, but for zeros before a counter', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const event = parseTagName(text);
        if (event) expect(formatTagName(event)).toBe(text.replace(/#0+(?=\d+$)/, '#'));
      }),
      RUNS,
    );
  });

  it('a target reads back', () => {
    fc.assert(
      fc.property(anyArtifact, anyVersion, anyStage, (artifact, id, stage) => {
        const version = { artifact, which: { kind: 'version', id } };
        expect(parseTarget(`${artifact}@${id}`)).toEqual(version);
        expect(parseTarget(`${artifact}@${id.slice(1)}`)).toEqual(version);
        expect(parseTarget(`${artifact}#${stage}`)).toEqual({ artifact, which: { kind: 'stage', stage } });
        expect(parseStageName(stage)).toBe(stage);
      }),
      RUNS,
    );
  });
});
