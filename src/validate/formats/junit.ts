import type { Finding, Report } from '../finding.js';

/**
 * A report as JUnit XML, as far as those who read it agree: one test case a finding, and one for everything that was found
 * right. Only errors are failures.
 */
export function junitReport({ findings, checked }: Report): string {
  const wrong = new Set(findings.map(({ file }) => file));
  const right = checked.filter((file) => !wrong.has(file));
  const failures = findings.filter(({ level }) => level === 'error').length;
  const counts = { tests: findings.length + right.length, failures, errors: 0, skipped: 0 };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'reg validate', ...counts })}>`,
    `  <testsuite${attributes({ name: 'reg validate', ...counts })}>`,
    ...findings.map(testCase),
    ...right.map((file) => `    <testcase${attributes({ name: 'validate', classname: file, file })}/>`),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase({ level, rule, file, line, message }: Finding): string {
  const start = `    <testcase${attributes({ name: `${rule} (line ${line})`, classname: file, file, line })}>`;
  const where = `${file}:${line}: ${message}`;
  const content =
    level === 'error'
      ? `<failure${attributes({ message, type: rule })}>${escaped(where)}</failure>`
      : `<system-out>${escaped(`${level}: ${where}`)}</system-out>`;
  return `${start}\n      ${content}\n    </testcase>`;
}

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
    .join('');

/** What XML may not hold at all, not even escaped (XML 1.0, Char), and halves of characters. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Line ends and tabs in an attribute would become blanks (XML 1.0, Attribute-Value Normalization). */
const escaped = (text: string): string =>
  text
    .replaceAll(FORBIDDEN, '\ufffd')
    .replaceAll(/[&<>"]/g, (found) => ENTITIES[found] ?? '')
    .replaceAll(/[\t\n\r]/g, (found) => `&#${found.charCodeAt(0)};`);
