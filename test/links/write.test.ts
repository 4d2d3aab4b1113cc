import { describe, expect, it } from 'vitest';
import { formatLink, type Link, readLink } from '../../src/documents/link.js';
import { refusalCode } from '../support/builders.js';

const [OLD, NEW] = ['a'.repeat(40), 'c'.repeat(40)];
const [OLD_SHA, NEW_SHA] = ['b'.repeat(64), 'd'.repeat(64)];
const PINNED: Link = {
  reg: 1,
  source: { repo: 'https://example.com/r', rev: '0123456', commit: NEW, path: 'm.bin' },
  sha256: NEW_SHA,
  size: 99,
  type: 'model',
};
const EXISTING = `# why this model
description: Costs # in euros
sha256: ${OLD_SHA}
size: 12

source:
  # the team's own
  path: m.bin
  commit: ${OLD} # resolved
  rev: v1
  repo: https://example.com/r
labels:
  # for search
  team: pricing # ours
reg: 1
type: model
`;

const rewrite = (link: Link, text = EXISTING): string =>
  formatLink(link, { bytes: Buffer.from(text), file: 'churn.model.yaml' });

describe('writing links (docs/specification.md, 4 Link files and configuration)', () => {
  it('a new one begins with its schema and reads back the same', () => {
    const text = formatLink(PINNED);
    expect(text).toMatch(/^# yaml-language-server: \$schema=https:\S+\/model-link\.schema\.json\n/);
    expect(readLink(Buffer.from(text), 'f').link).toEqual(PINNED);
  });

  it.each([
    ['it begins with its schema', '# yaml-language-server: $schema=./mine.json\n'],
    ['it begins with a comment', ''],
    ['it has a comment of its own', '# by Ann\n\n'],
    ['it has a byte order mark', '\ufeff'],
  ])('over an existing one changes the pin and nothing else: %s', (_what, start) => {
    expect(rewrite(PINNED, start + EXISTING)).toBe(
      start +
        EXISTING.replace(OLD, NEW)
          .replace(OLD_SHA, NEW_SHA)
          .replace('12', '99')
          .replace('rev: v1', 'rev: "0123456"'),
    );
  });

  it('the same link again changes nothing', () => {
    const text = rewrite(PINNED);
    expect(rewrite(PINNED, text)).toBe(text);
  });

  it.each([' ', '  two', 'a\n b\n'])('a text that was a block is read back when it becomes %j', (type) => {
    const text = rewrite({ ...PINNED, type }, EXISTING.replace('type: model', 'type: |+\n  a\n\n'));
    expect(readLink(Buffer.from(text), 'f').link.type).toBe(type);
  });

  it('a comment on a line stays when the value of the line changes', () => {
    const text = EXISTING.replace(OLD_SHA, `${OLD_SHA} # of the bytes`);
    expect(rewrite(PINNED, text)).toContain(`sha256: ${NEW_SHA} # of the bytes\n`);
  });

  it('an unpinned link has no pin left', () => {
    const text = rewrite({ source: { repo: 'https://example.com/r', path: 'other.bin' } });
    expect(readLink(Buffer.from(text), 'f').link).toEqual({
      description: 'Costs',
      source: { repo: 'https://example.com/r', path: 'other.bin' },
      labels: { team: 'pricing' },
      reg: 1,
      type: 'model',
    });
    expect(text).toContain("# the team's own\n");
  });

  it('labels and a description that are given replace those that were there', () => {
    const text = rewrite({ ...PINNED, description: 'New', labels: { tier: '1' } });
    expect(readLink(Buffer.from(text), 'f').link).toMatchObject({
      description: 'New',
      labels: { tier: '1' },
    });
  });

  it('a file that is no link is not written over', () => {
    expect(refusalCode(() => rewrite(PINNED, 'a: [b'))).toBe('INVALID_LINK');
    expect(refusalCode(() => rewrite(PINNED, 'a: b'))).toBe('INVALID_LINK');
  });
});
