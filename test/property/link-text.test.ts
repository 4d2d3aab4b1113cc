import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLink, type Link, readLink } from '../../src/documents/link.js';
import { cases } from '../support/soak.js';

const RUNS = { numRuns: cases(2000, 300) };

// a link as people write it: each key in one of several hands, in any order

/** A way to write a key and its value, which the mark `V` stands for, and the edit of that value. */
interface Hand {
  lines: readonly string[];
  set: (link: Link) => Link;
}

const HEX = (letter: string): string => letter.repeat(64);
const source = (key: 'repo' | 'rev' | 'commit' | 'path', value: string) => (link: Link) => ({
  ...link,
  source: { ...link.source, [key]: value },
});

const inSource: readonly Hand[] = [
  { lines: ["rev: 'v1.0' # asked for"], set: source('rev', 'v2.0') },
  { lines: ['rev:   0123456'], set: source('rev', '0123457') },
  { lines: [`commit: ${HEX('a').slice(24)}   # of May`], set: source('commit', 'b'.repeat(40)) },
  { lines: ['repo: "https://example.com/a"'], set: source('repo', 'https://example.com/b: c # d') },
  { lines: ['# where it is', 'path:  models/größe.bin'], set: source('path', 'models/klein.bin') },
];

const atTop: readonly Hand[] = [
  { lines: [`sha256: ${HEX('a')}   # of the bytes`], set: (link) => ({ ...link, sha256: HEX('b') }) },
  { lines: ['size: 0x10'], set: (link) => ({ ...link, size: 17 }) },
  {
    lines: ["description: 'it''s'  # by Ann"],
    set: (link) => ({ ...link, description: 'two\nlines "here"' }),
  },
  { lines: ['description: |', '  one', '', '  two'], set: (link) => ({ ...link, description: 'one' }) },
  { lines: ['description: >-', '  one', '  two'], set: (link) => ({ ...link, description: 'a\nb\n' }) },
  {
    lines: ['labels: {team: a, "tier": 1}  # short'],
    set: (link) => ({ ...link, labels: { team: 'b', tier: 1 } }),
  },
  {
    lines: ['labels:', '- a', '- b'],
    set: (link) => ({ ...link, labels: ['a', 'c'] }),
  },
  {
    lines: ['metrics:', '  # on the holdout', '  auc: 0.90', '  f1:    7e-1 # low'],
    set: (link) => ({ ...link, metrics: { auc: 0.9, f1: 0.8 } }),
  },
  {
    lines: ['params:', '  deep:', '      lr: 1.0e-3   # tuned', '      steps: [1, 2]', '  seed: 7'],
    set: (link) => ({ ...link, params: { deep: { lr: 0.002, steps: [1, 2] }, seed: 7 } }),
  },
  { lines: ["type: 'model'"], set: (link) => ({ ...link, type: 'onnx' }) },
];

const key = ({ lines }: Hand): string => /^([a-z0-9]+):/m.exec(lines.join('\n'))?.[1] ?? '';
const chosen = (hands: readonly Hand[]) =>
  fc.shuffledSubarray([...hands]).map((some) => {
    const keys = some.map(key);
    return some.filter((one, index) => keys.indexOf(key(one)) === index);
  });

const file = fc
  .record({
    top: chosen(atTop),
    below: chosen(inSource.slice(0, 4)),
    place: fc.nat(20),
    step: fc.constantFrom('  ', '    ', ' '),
    eol: fc.constantFrom('\n', '\r\n'),
    mark: fc.constantFrom('', '\ufeff'),
    hasEnd: fc.boolean(),
    between: fc.constantFrom([], ['# a comment'], [''], ['', '#  spaced', '']),
  })
  .map(({ top, below, place, step, eol, mark, hasEnd, between }) => {
    const hands = [...below, inSource.at(-1) as Hand];
    const nested = ['source:', ...hands.flatMap(({ lines }) => lines.map((line) => step + line))];
    const parts = top.map(({ lines }) => lines);
    parts.splice(place % (parts.length + 1), 0, nested);
    const lines = parts.flatMap((part, index) => (index === 0 ? part : [...between, ...part]));
    return { hands: [...top, ...hands], text: mark + lines.join(eol) + (hasEnd ? eol : '') };
  });

const read = (text: string): Link => readLink(Buffer.from(text), 'a.model.yaml').link;
const write = (link: Link, text: string): string =>
  formatLink(link, { bytes: Buffer.from(text), file: 'a.model.yaml' });

/** The lines that only one of two texts has, where all others are the same and in order. */
function differing(one: string, other: string): [from: string[], to: string[]] {
  const [a, b] = [one.split('\n'), other.split('\n')];
  while (a.length > 0 && b.length > 0 && a[0] === b[0]) [a, b].map((lines) => lines.shift());
  while (a.length > 0 && b.length > 0 && a.at(-1) === b.at(-1)) [a, b].map((lines) => lines.pop());
  return [a, b];
}

describe('the text of a link that is there (docs/specification.md, 4 Link files and configuration)', () => {
  it('stays letter by letter where nothing changes', () => {
    fc.assert(
      fc.property(file, ({ text }) => {
        expect(write(read(text), text)).toBe(text);
      }),
      RUNS,
    );
  });

  it('changes in the lines of one value, and reads as that value', () => {
    fc.assert(
      fc.property(file, fc.nat(50), ({ text, hands }, which) => {
        const hand = hands[which % hands.length] as Hand;
        const before = read(text);
        const wanted = hand.set(before);
        const written = write(wanted, text);
        expect(read(written)).toEqual(wanted);
        const [from, to] = differing(text, written);
        const ofValue = hand.lines.filter((line) => !line.startsWith('#')).length;
        expect(from.length).toBeLessThanOrEqual(ofValue);
        if (ofValue === 1) expect(to).toHaveLength(1);
        for (const comment of hand.lines.join('\n').match(/#.*$/gm) ?? []) expect(written).toContain(comment);
      }),
      RUNS,
    );
  });

  it('keeps all others when a value goes, and when one comes', () => {
    fc.assert(
      fc.property(file, fc.boolean(), ({ text }, isNested) => {
        const before = read(text);
        const gone = { ...before, metrics: undefined, params: undefined };
        const without = write(gone, text);
        expect(text.startsWith('\ufeff')).toBe(without.startsWith('\ufeff'));
        for (const line of without.replace('\ufeff', '').split('\n')) expect(text).toContain(line.trimEnd());
        const more: Link = isNested
          ? { ...before, source: { ...before.source, repo: 'https://example.com/x' } }
          : { ...before, params: { ...before.params, 'a b': 'c: d' } };
        const written = write(more, text);
        expect(read(written)).toEqual(more);
        const isCrlf = /\r\n/.test(text);
        expect(/(?<!\r)\n/.test(written)).toBe(!isCrlf && /\n/.test(written));
        expect(written.endsWith('\n')).toBe(text.endsWith('\n'));
      }),
      RUNS,
    );
  });
});
