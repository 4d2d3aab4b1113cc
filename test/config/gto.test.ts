import { describe, expect, it } from 'vitest';
import { stagesOfGto } from '../../src/documents/config.js';
import { refusalCode } from '../support/builders.js';

const stages = (text: string) => stagesOfGto(Buffer.from(text));

describe('the stages of gto’s configuration', () => {
  it.each<[string, string[] | undefined]>([
    ['stages: [dev, prod]\n', ['dev', 'prod']],
    ['STAGES:\n  - dev\n', ['dev']],
    ['emoji: true\nstages: [prod, "-x", a b, 7]\n', ['prod', '7']],
    ['stages: []\n', []],
    ['types: [model]\n', undefined],
    ['stages: dev\n', undefined],
    ['', undefined],
    ['[dev]', undefined],
  ])('%j: %j', (text, expected) => {
    expect(stages(text)).toEqual(expected);
  });

  it('aliases are allowed in a file of another tool', () => {
    expect(stages('all: &all [dev, prod]\nstages: *all\n')).toEqual(['dev', 'prod']);
  });

  it('a broken file is refused', () => {
    expect(refusalCode(() => stages('stages: [dev'))).toBe('INVALID_CONFIG');
  });
});
