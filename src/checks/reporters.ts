import { createHash } from 'node:crypto';
import type { Finding, Level, Report, RuleInfo } from './finding.js';

/** The forms that a report has for other programs. */
const REPORT_FORMATS = ['github', 'junit', 'sarif'] as const;

/** One of them. */
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** What a report says of the program that made it. */
interface Reporter {
  /** The version of `reg`. */
  version: string;
  /** Every rule that there is. */
  rules: readonly RuleInfo[];
}

/** Writes a report as another program reads it. Its texts must be fit to be shown. */
export function formatReport(report: Report, format: ReportFormat, reporter: Reporter): string {
  switch (format) {
    case 'github':
      return githubReport(report);
    case 'junit':
      return junitReport(report);
    case 'sarif':
      return sarifReport(report, reporter);
  }
}

/** The commands that make an annotation (GitHub Docs, "Workflow commands for GitHub Actions"). */
const COMMANDS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'notice' };

/** A report as GitHub Actions reads it from the log of a step: one annotation a finding, at its file and line. */
const githubReport = ({ findings }: Report): string =>
  findings
    .map(({ level, rule, file, line, message }) => {
      const properties = { file, line: String(line), title: `reg: ${rule}` };
      const listed = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
      return `::${COMMANDS[level]} ${listed.join(',')}::${escapeData(message)}\n`;
    })
    .join('');

/** What would end a command early (actions/toolkit, packages/core/src/command.ts). */
const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/**
 * A report as JUnit XML, as far as those who read it agree: one test case a finding, and one for everything that was found
 * right. Only errors are failures.
 */
function junitReport({ findings, checked }: Report): string {
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

const LEVELS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'note' };

/** Where each rule is documented: what comes with the package. */
const DOCS = 'https://unpkg.com/git-reg@0/docs/rules.md';

/** A report as SARIF 2.1.0 (OASIS), with what code scanning asks for (GitHub Docs, "SARIF support for code scanning"). */
function sarifReport({ findings }: Report, { version, rules }: Reporter): string {
  const driver = { name: 'reg', semanticVersion: version, rules: rules.map(descriptor) };
  const run = {
    tool: { driver },
    automationDetails: { id: 'reg-validate/' },
    columnKind: 'utf16CodeUnits',
    originalUriBaseIds: { [TOP]: { description: { text: 'The top of the repository.' } } },
    invocations: [{ executionSuccessful: true }],
    results: resultsOf(findings, rules),
  };
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [run],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** What paths start from; code scanning knows it by this name. */
const TOP = '%SRCROOT%';

const descriptor = ({ id, level, about }: RuleInfo) => ({
  id,
  name: id.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  shortDescription: { text: about },
  fullDescription: { text: about },
  helpUri: `${DOCS}#${id}`,
  help: { text: about, markdown: `${about} [More](${DOCS}#${id})` },
  defaultConfiguration: { level: LEVELS[level] },
});

function resultsOf(findings: readonly Finding[], rules: readonly RuleInfo[]): unknown[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const { rule, level, message, file, line } = finding;
    const print = fingerprint(finding);
    const count = (seen.get(print) ?? 0) + 1;
    seen.set(print, count);
    const artifactLocation = { uri: uriOf(file), uriBaseId: TOP };
    return {
      ruleId: rule,
      ruleIndex: rules.findIndex(({ id }) => id === rule),
      level: LEVELS[level],
      message: { text: message },
      locations: [{ physicalLocation: { artifactLocation, region: { startLine: line } } }],
      partialFingerprints: { primaryLocationLineHash: `${print}:${count}` },
    };
  });
}

/** A path as a relative URI (RFC 3986): what means something else in one is escaped. */
const uriOf = (file: string): string => file.split('/').map(encodeURIComponent).join('/');

/** Tells a finding from others wherever its line is, so that it is not reported anew when lines above it come or go. */
const fingerprint = ({ rule, file, message }: Finding): string =>
  createHash('sha256')
    .update(JSON.stringify([rule, file, message]))
    .digest('hex')
    .slice(0, 16);
