import { createHash } from 'node:crypto';
import type { Finding } from '../registry/rows.js';
import type { Level, Report, RuleInfo } from './finding.js';

/** The program that makes a report. */
export interface ReportingProgram {
  /** The version of `reg`. */
  version: string;
  /** Every rule. */
  rules: readonly RuleInfo[];
}

/** Writes a report in a format for another program. Its texts are clean: a terminal may show them. */
type Reporter = (report: Report, program: ReportingProgram) => string;

/** A report as annotations in the log of a step of GitHub Actions: one for each finding, at its file and line. */
const github: Reporter = ({ findings }) =>
  findings
    .map(({ level, rule, file, line, message }) => {
      const properties = { file, line: String(line), title: `reg: ${rule}` };
      const listed = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
      return `::${ANNOTATIONS[level]} ${listed.join(',')}::${escapeData(message)}\n`;
    })
    .join('');

/** The commands of annotations (GitHub Docs, "Workflow commands for GitHub Actions"). */
const ANNOTATIONS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'notice' };

/** Escapes characters that end a command (actions/toolkit, packages/core/src/command.ts). */
const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/**
 * A report as JUnit XML, in the elements that all its readers know: a test case for each finding, and one for each file or ref
 * without findings. Only errors are failures.
 */
const junit: Reporter = ({ findings, checked }) => {
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
};

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

/** Characters that XML cannot hold, not even escaped (XML 1.0, Char), and halves of characters. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes a text for an element or an attribute, where line ends and tabs would become spaces (XML 1.0, Attribute-Value Normalization). */
const escaped = (text: string): string =>
  text
    .replaceAll(FORBIDDEN, '\ufffd')
    .replaceAll(/[&<>"]/g, (found) => ENTITIES[found] ?? '')
    .replaceAll(/[\t\n\r]/g, (found) => `&#${found.charCodeAt(0)};`);

const SARIF_LEVELS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'note' };

/** The documentation of the rules, which is part of the package. */
const DOCS = 'https://unpkg.com/git-reg@0/docs/rules.md';

/** A report as SARIF 2.1.0 (OASIS), as code scanning needs it (GitHub Docs, "SARIF support for code scanning"). */
const sarif: Reporter = ({ findings }, { version, rules }) => {
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
};

/** The start of all paths, by the name that code scanning has for it. */
const TOP = '%SRCROOT%';

const descriptor = ({ id, level, about }: RuleInfo) => ({
  id,
  name: id.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  shortDescription: { text: about },
  fullDescription: { text: about },
  helpUri: `${DOCS}#${id}`,
  help: { text: about, markdown: `${about} [More](${DOCS}#${id})` },
  defaultConfiguration: { level: SARIF_LEVELS[level] },
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
      level: SARIF_LEVELS[level],
      message: { text: message },
      locations: [{ physicalLocation: { artifactLocation, region: { startLine: line } } }],
      partialFingerprints: { primaryLocationLineHash: `${print}:${count}` },
    };
  });
}

/** A path as a relative URI (RFC 3986). */
const uriOf = (file: string): string => file.split('/').map(encodeURIComponent).join('/');

/** Identifies a finding without its line, so that it is not new when lines above it come or go. */
const fingerprint = ({ rule, file, message }: Finding): string =>
  createHash('sha256')
    .update(JSON.stringify([rule, file, message]))
    .digest('hex')
    .slice(0, 16);

/** Reports for other programs, by the name of their format. */
export const REPORTERS = { github, junit, sarif } as const satisfies Record<string, Reporter>;

/** The name of a format. */
export type ReportFormat = keyof typeof REPORTERS;
