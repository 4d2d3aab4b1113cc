import { describe, expect, it } from 'vitest';
import { joinMessage, splitMessage } from '../../src/domain/trailers.js';

/** Message, text without the trailers of reg, trailers. */
const MESSAGES: [string, string, string, Record<string, string>][] = [
  ['a subject alone', 'Register churn v1.0.0\n', 'Register churn v1.0.0', {}],
  ['a trailer', 'Subject\n\nReg-Version: v1.0.0\n', 'Subject', { 'reg-version': 'v1.0.0' }],
  [
    'two trailers',
    'Subject\n\nReg-Version: v1.0.0\nReg-Parent: abc\n',
    'Subject',
    { 'reg-version': 'v1.0.0', 'reg-parent': 'abc' },
  ],
  [
    'a body',
    'Subject\n\nBody: none.\nMore.\n\nReg-Parent: abc\n',
    'Subject\n\nBody: none.\nMore.',
    { 'reg-parent': 'abc' },
  ],
  [
    'somebody else’s trailers',
    'Subject\n\nSigned-off-by: Ann <a@b>\nReg-Parent: abc\n',
    'Subject\n\nSigned-off-by: Ann <a@b>',
    { 'signed-off-by': 'Ann <a@b>', 'reg-parent': 'abc' },
  ],
  ['any letter case', 'S\n\nREG-version:v1.0.0\n', 'S', { 'reg-version': 'v1.0.0' }],
  ['a folded value', 'S\n\nReg-Note: one\n  two\n', 'S', { 'reg-note': 'one two' }],
  [
    'the last of a repeated key',
    'S\n\nReg-Version: v1.0.0\nReg-Version: v2.0.0\n',
    'S',
    { 'reg-version': 'v2.0.0' },
  ],
  ['a trailer that is the subject', 'Reg-Version: v1.0.0\n', 'Reg-Version: v1.0.0', {}],
  [
    'a trailer before the last paragraph',
    'S\n\nReg-Version: v1.0.0\n\nEnd.\n',
    'S\n\nReg-Version: v1.0.0\n\nEnd.',
    {},
  ],
  [
    'a paragraph that is not all trailers',
    'S\n\nReg-Version: v1.0.0\nand so on\n',
    'S\n\nReg-Version: v1.0.0\nand so on',
    {},
  ],
  ['nothing', '', '', {}],
];

describe('trailers (docs/specification.md, 1 Tags)', () => {
  it.each(MESSAGES)('%s', (_what, message, text, trailers) => {
    const split = splitMessage(message);
    expect(split.text).toBe(text);
    expect(Object.fromEntries(split.trailers)).toEqual(trailers);
  });

  it('are their own paragraph after a subject', () => {
    expect(joinMessage('Assign', [['Reg-Version', 'v1.0.0']])).toBe('Assign\n\nReg-Version: v1.0.0\n');
  });

  it('join those that a person wrote', () => {
    expect(joinMessage('Assign\n\nFixes: 12\n', [['Reg-Parent', 'abc']])).toBe(
      'Assign\n\nFixes: 12\nReg-Parent: abc\n',
    );
  });

  it('win over those that a person wrote', () => {
    const message = joinMessage('Assign\n\nReg-Version: v9.9.9', [['Reg-Version', 'v1.0.0']]);
    expect(splitMessage(message).trailers.get('reg-version')).toBe('v1.0.0');
  });

  it('none leave a message as it is, with one line break at its end', () => {
    expect(joinMessage('  Said\n\nand done \n\n', [])).toBe('Said\n\nand done\n');
  });
});
