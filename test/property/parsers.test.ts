import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { isNode, visit } from 'yaml';
import { readConfig, readGto } from '../../src/documents/config.js';
import { inspectLink, modelPath, readLink } from '../../src/documents/link.js';
import { readYaml } from '../../src/documents/yaml.js';
import { parseLocation } from '../../src/domain/location.js';
import { artifactName, stageName } from '../../src/domain/names.js';
import { refFormatProblem } from '../../src/domain/refs.js';
import { looksLikeEvent, parseTagName } from '../../src/domain/tag-name.js';
import { parseTarget, parseVersionTarget, versionId } from '../../src/domain/target.js';
import { parseTime } from '../../src/domain/time.js';
import { splitMessage } from '../../src/domain/trailers.js';
import { version } from '../../src/domain/version.js';
import { RegError } from '../../src/errors.js';
import { decodeTag, MalformedTag } from '../../src/git/tag-object.js';
import { hostileText } from '../support/arbitraries.js';
import { cases } from '../support/soak.js';

const RUNS = { numRuns: cases(10_000) };

/** Whether a call ends as calls may: with a value, or with an error that is thrown on purpose. */
function endsWell(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof RegError) && !(error instanceof MalformedTag)) throw error;
    expect(error.message).not.toBe('');
  }
}

const PARSERS: [string, (text: string) => unknown][] = [
  ...Object.entries({
    artifactName,
    stageName,
    version,
    versionId,
    parseTarget,
    parseVersionTarget,
    parseTime: (text: string) => parseTime(text, 0),
  }),
  ...Object.entries({
    parseTagName,
    looksLikeEvent,
    splitMessage,
    refFormatProblem,
    parseLocation,
    modelPath,
  }),
];

const token = fc.constantFrom(
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    ': ',
    '- ',
    '? ',
    '\n',
    '\n ',
    '\n  ',
    '\n    ',
    ' ',
    'a',
    'b: ',
    '"c"',
    "'d'",
    '|',
    '>',
  ],
  ...[
    '&x ',
    '*x',
    '!t ',
    '# e',
    '---\n',
    '...\n',
    '%',
    '\t',
    '<<: ',
    '0123',
    'source: ',
    'path: m',
    'stages: ',
    'é',
  ],
);
const yamlText = fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join(''));

describe('parsers throw nothing but errors on purpose', () => {
  it.each(PARSERS)('%s', (_name, parse) => {
    fc.assert(
      fc.property(hostileText, (text) => endsWell(() => parse(text))),
      RUNS,
    );
  });

  it('decodeTag', () => {
    const header = fc.constantFrom(
      `object ${'a'.repeat(40)}\n`,
      'type commit\n',
      'tag a\n',
      'tagger A <a> 1 +0000\n',
      'tagger ',
      '\n',
      '> 9 -0',
      '-----BEGIN PGP SIGNATURE-----',
    );
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc
        .array(fc.oneof({ weight: 3, arbitrary: header }, fc.string()), { maxLength: 9 })
        .map((parts) => Buffer.from(parts.join(''))),
    );
    fc.assert(
      fc.property(bytes, (some) => endsWell(() => decodeTag(some))),
      RUNS,
    );
  });

  it('links and configuration', () => {
    const bytes = fc.oneof(
      { weight: 4, arbitrary: yamlText.map((text) => Buffer.from(text)) },
      fc.uint8Array(),
    );
    // the yaml package warns of keys that are collections, once for each
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    fc.assert(
      fc.property(bytes, (some) => {
        endsWell(() => readLink(some, 'a.model.yaml'));
        endsWell(() => readConfig(some));
        endsWell(() => readGto(some, {}));
        inspectLink(some, 'a.model.yaml');
      }),
      RUNS,
    );
    warnings.mockRestore();
  });
});

describe('limits', () => {
  it('what is read never nests deeper than allowed', () => {
    const limits = { bytes: 1000, depth: 3, aliases: 0 };
    fc.assert(
      fc.property(yamlText, (text) => {
        endsWell(() => {
          const { document } = readYaml(Buffer.from(text), 'a', 'INVALID_LINK', limits);
          let deepest = 0;
          visit(document, {
            Collection: (_key, _node, path) => {
              const around = path.filter((node) => isNode(node)).length;
              deepest = Math.max(deepest, around + 1);
            },
          });
          expect(deepest).toBeLessThanOrEqual(limits.depth);
        });
      }),
      RUNS,
    );
  });
});
