import fc from 'fast-check';
import { expect, it } from 'vitest';
import { confirms } from '../../src/domain/outline.js';
import { saidIn, textConfirms } from '../../src/git/tag-claim.js';

const [COMMIT, OTHER] = ['1'.repeat(40), '2'.repeat(40)];

/** Mostly the first. */
const mostly = (first: string, ...others: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(first) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );

const VERSION = 'Reg-Version: v1.0.0\n';
const PARENT = `Reg-Parent: ${OTHER}\n`;
const SIGNATURE = '-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----\n';

const content = fc
  .tuple(
    mostly(`object ${COMMIT}\n`, `object ${OTHER}\n`, `object ${COMMIT}0\n`, 'object \n', ''),
    mostly('type commit\n', 'type tree\n', 'type tag\n', 'type\n'),
    mostly('tag churn#prod#1\n', 'tag \n', 'tag\n', 'tag é\n'),
    mostly(
      'tagger Ann <a@example.com> 1767225600 +0000\n',
      'tagger <> 1 -0130\n',
      'tagger A <<b> 1 +0000\n',
      'tagger Ann <a@example.com> 9999999999999 +0000\n',
      'tagger Ann <a@example.com> 99999999999999999 +0000\n',
      'tagger Ann a@example.com 1 +0000\n',
      'tagger Ann <a@example.com> 1\n',
      '',
    ),
    mostly('\n', 'gpgsig x\n\n', 'tag again\n\n', ''),
    mostly('Said\n', '', '\n', 'Zoë said\n', 'Reg-Version: v2.0.0\n', SIGNATURE, 'a\n\nb\n', 'said'),
    mostly('', '\n', `\n${VERSION}`, `\n${VERSION}`, `\n${PARENT}`, VERSION),
    mostly('', VERSION, PARENT, 'reg-version: v1.0.0\n', 'Reg-Version:  v2.0.0 \n', ' folded\n', SIGNATURE),
    mostly('', '\n', '\u00a0\n', 'é\n'),
  )
  .map((parts) => parts.join(''));

it('a look at the text of a tag confirms what taking it apart confirms', () => {
  let confirmed = 0;
  fc.assert(
    fc.property(content, fc.constantFrom('v1.0.0', 'v2.0.0', COMMIT), (text, of) => {
      const bytes = Buffer.from(text);
      const claim = { tag: 0, commit: COMMIT, of: of as never };
      const expected = confirms(claim, saidIn(bytes));
      if (expected) confirmed += 1;
      // others lie before it and behind
      const around = `x tag 5\nReg-\n${bytes.toString('latin1')}\nReg-Parent: ${OTHER}\n`;
      const from = 'x tag 5\nReg-\n'.length;
      expect(textConfirms(claim, around, from, from + bytes.length)).toBe(expected);
    }),
    { numRuns: 20_000 },
  );
  expect(confirmed).toBeGreaterThan(2000);
});
