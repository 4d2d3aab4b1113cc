import { createHash } from 'node:crypto';
import type { Finding, Level, Report } from '../finding.js';
import type { RuleInfo } from '../rule.js';
import type { Reporter } from './format.js';

const LEVELS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'note' };

/** Where each rule is documented: what comes with the package. */
const DOCS = 'https://unpkg.com/git-reg@0/docs/rules.md';

/** A report as SARIF 2.1.0 (OASIS), with what code scanning asks for (GitHub Docs, "SARIF support for code scanning"). */
export function sarifReport({ findings }: Report, { version, rules }: Reporter): string {
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
