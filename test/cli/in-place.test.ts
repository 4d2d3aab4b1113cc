import { describe, expect, it } from 'vitest';
import { errorInPlace, inPlaceOf } from '../../src/cli/session.js';
import { RegError } from '../../src/errors.js';

const URL = 'https://example.com/r';

describe('a hint after a question to another registry', () => {
  it.each([
    ['see: reg history churn', `see: reg history churn --repo ${URL}`],
    ['reg doctor', `reg doctor --repo ${URL}`],
    [
      'write reg deregister churn@VERSION; see: reg show churn',
      `write reg deregister churn@VERSION --repo ${URL}; see: reg show churn --repo ${URL}`,
    ],
    [
      "put one there with: reg assign 'a b' dev, or not",
      `put one there with: reg assign 'a b' dev --repo ${URL}, or not`,
    ],
    [
      'reg status (what is there), reg history churn -n 3 (what is here)',
      `reg status (in a clone) (what is there), reg history churn -n 3 --repo ${URL} (what is here)`,
    ],
    // what is about files cannot be done there
    [
      'declare it with: reg link <path> churn --source <repository> --rev <rev>; or add --unlinked',
      'declare it with: reg link <path> churn --source <repository> --rev <rev> (in a clone); or add --unlinked',
    ],
    ['the link is wrong: reg validate', 'the link is wrong: reg validate (in a clone)'],
    ['one\nreg which churn prod\ntwo', `one\nreg which churn prod --repo ${URL}\ntwo`],
  ])('%s', (hint, shown) => {
    expect(inPlaceOf(URL)(hint)).toBe(shown);
    expect(inPlaceOf(undefined)(hint)).toBe(hint);
  });

  it.each([
    'see: reg --help',
    'run it with --global where git-reg was installed so',
    'this is a defect of reg: it broke',
    'git push origin refs/tags/churn@v1.0.0',
    'name another with --repo',
  ])('leaves %s', (hint) => {
    expect(inPlaceOf(URL)(hint)).toBe(hint);
  });

  it.each([
    ['../other', '../other'],
    ['my registry', "'my registry'"],
    ['file:///srv/r', 'file:///srv/r'],
    ['https://ann:secret@example.com/r', 'https://example.com/r'],
    ['https://example.com/r?token=secret', "'https://example.com/r?…'"],
    ['ssh://git:secret@example.com/r', 'ssh://git@example.com/r'],
    // without its user it would lead elsewhere
    ['git@example.com:r', 'git@example.com:r'],
  ])('names it without a secret: --repo %s', (repo, shown) => {
    expect(inPlaceOf(repo)('see: reg doctor')).toBe(`see: reg doctor --repo ${shown}`);
  });

  it('tells a path from a URL: files can be written there', () => {
    expect(inPlaceOf('../other')('reg sync')).toBe('reg sync --repo ../other');
    for (const url of [URL, 'file:///srv/r', 'git@example.com:r'])
      expect(inPlaceOf(url)('reg sync')).toBe('reg sync (in a clone)');
  });
});

describe('an error after a question to another registry', () => {
  it('is the same but for its hint', () => {
    const place = { file: 'a', line: 1 };
    const error = errorInPlace(
      new RegError('INVALID_LINK', 'see: reg show', 'reg doctor', place),
      inPlaceOf(URL),
    );
    expect(error).toMatchObject({
      code: 'INVALID_LINK',
      message: 'see: reg show',
      hint: `reg doctor --repo ${URL}`,
      place,
    });
  });

  it('stays as it is without a hint, or when it is not a RegError', () => {
    for (const error of [new RegError('INTERNAL', 'no'), new Error('no'), undefined])
      expect(errorInPlace(error, inPlaceOf(URL))).toBe(error);
  });
});
