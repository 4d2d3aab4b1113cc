import { describe, expect, it } from 'vitest';
import { eventOf } from '../../src/domain/event.js';
import { artifactName, stageName } from '../../src/domain/names.js';
import { event, tag } from '../support/builders.js';

const PARENT = 'd'.repeat(40);
const name = {
  kind: 'assignment',
  artifact: artifactName('churn'),
  stage: stageName('prod'),
  counter: 3,
} as const;
const made = (message: string) => eventOf(name, { ...tag('churn#prod#3 B 60'), message });

describe('an event', () => {
  it('has what its tag’s name, object and message say', () => {
    const plain = tag('churn#prod#3 B 60');
    expect(made(`Go live\n\nAt last.\n\nReg-Version: v1.2.0\nReg-Parent: ${PARENT}\n`)).toEqual({
      ...name,
      tag: 'churn#prod#3',
      tagOid: plain.oid,
      commit: plain.commit,
      tagger: { name: 'Ann Lee', email: 'ann@example.com' },
      date: 60,
      message: 'Go live\n\nAt last.',
      statedVersion: 'v1.2.0',
      parent: PARENT,
    });
  });

  it('is valid without trailers, as gto writes it', () => {
    const plain = event('churn#prod#3 B 60');
    expect(plain.statedVersion).toBeUndefined();
    expect(plain.parent).toBeUndefined();
  });

  it.each(['1.2.0', 'latest', 'v1.2', ''])('a trailer that names no version, %j, is as none', (stated) => {
    expect(made(`Go live\n\nReg-Version: ${stated}\n`).statedVersion).toBeUndefined();
  });
});
