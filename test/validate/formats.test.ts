import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Ajv } from 'ajv';
import AjvDraft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Log } from 'sarif';
import { describe, expect, test } from 'vitest';
import { reportOf } from '../../src/checks/finding.js';
import { REPORTERS, type ReportFormat } from '../../src/checks/reporters.js';
import { ALL_RULES } from '../../src/checks/rules.js';
import type { Finding } from '../../src/registry/rows.js';

const found = (more: Partial<Finding>): Finding => ({
  level: 'error',
  rule: 'link-rev',
  file: 'churn.model.yaml',
  line: 3,
  message: 'source.rev is missing',
  ...more,
});
const NASTY = 'a % of <b> & "c", d: e\r\nf\tg\u0000\u001b[31m\ufffe\ud800 \ud83d\ude00';
const FINDINGS = [
  found({}),
  found({
    level: 'warning',
    rule: 'link-case',
    file: 'mo dels/a,b:c%#1.model.yaml',
    line: 1,
    message: NASTY,
  }),
  found({ level: 'info', rule: 'link-editor' }),
  found({ rule: 'link-rev', line: 9 }),
  found({ file: 'refs/tags/churn#prod#3', line: 1 }),
];
const write = (format: ReportFormat, findings: Finding[], checked: string[] = []): string =>
  REPORTERS[format]({ ok: false, findings, checked }, { version: '1.2.3', rules: ALL_RULES });

test('findings are in the order of what was looked at, and by line', () => {
  const findings = [found({ line: 9 }), found({ file: 'x' }), found({ file: 'a' }), found({ line: 2 })];
  const { ok, findings: sorted } = reportOf(findings, ['x', 'churn.model.yaml', 'a']);
  expect(ok).toBe(false);
  expect(sorted.map(({ file, line }) => `${file}:${line}`)).toEqual([
    'x:3',
    'churn.model.yaml:2',
    'churn.model.yaml:9',
    'a:3',
  ]);
});

describe('annotations of GitHub', () => {
  test('nothing where nothing was found', () => {
    expect(write('github', [])).toBe('');
  });

  test('one command a line, whatever a message holds', () => {
    const lines = write('github', FINDINGS).split('\n');
    expect(lines).toHaveLength(FINDINGS.length + 1);
    expect(lines.slice(0, 3)).toEqual([
      '::error file=churn.model.yaml,line=3,title=reg%3A link-rev::source.rev is missing',
      '::warning file=mo dels/a%2Cb%3Ac%25#1.model.yaml,line=1,title=reg%3A link-case::a %25 of <b> & "c", d: e%0D%0Af\tg\u0000\u001b[31m\ufffe\ud800 \ud83d\ude00',
      '::notice file=churn.model.yaml,line=3,title=reg%3A link-editor::source.rev is missing',
    ]);
  });
});

describe('JUnit', () => {
  const parse = (xml: string) => {
    expect(XMLValidator.validate(xml)).toBe(true);
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      isArray: (name) => name === 'testcase',
      htmlEntities: true,
    });
    return parser.parse(xml).testsuites;
  };

  test('a correct link is a passed test', () => {
    const { tests, failures, testsuite } = parse(write('junit', [], ['a.model.yaml', 'b.model.yaml']));
    expect({ tests, failures }).toEqual({ tests: '2', failures: '0' });
    expect(testsuite.testcase.map(({ file }: { file: string }) => file)).toEqual([
      'a.model.yaml',
      'b.model.yaml',
    ]);
  });

  test('every finding is a case, only errors are failures, and no character breaks it', () => {
    const xml = write('junit', FINDINGS, ['churn.model.yaml', 'right.model.yaml']);
    const { tests, failures, testsuite } = parse(xml);
    expect({ tests, failures }).toEqual({ tests: '6', failures: '3' });
    expect(testsuite.testcase.filter((one: object) => 'failure' in one)).toHaveLength(3);
    expect(xml).toContain(
      'a % of &lt;b&gt; &amp; &quot;c&quot;, d: e&#13;&#10;f&#9;g\ufffd\ufffd[31m\ufffd\ufffd \ud83d\ude00',
    );
  });
});

describe('SARIF', () => {
  const require = createRequire(import.meta.url);
  const schema = JSON.parse(
    readFileSync(require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'), 'utf8'),
  );
  const ajv = new AjvDraft04.default({ strict: false, allErrors: true, unicodeRegExp: false });
  addFormats.default(ajv as unknown as Ajv);
  const isValid = ajv.compile(schema);
  const log = (findings: Finding[]): Log => {
    const parsed = JSON.parse(write('sarif', findings));
    isValid(parsed);
    expect(isValid.errors ?? []).toEqual([]);
    return parsed;
  };

  test('the schema of the standard finds what is wrong', () => {
    expect(isValid({ version: '2.1.0', runs: [{ tool: {} }] })).toBe(false);
  });

  test('every rule is described, with a level and a page', () => {
    const { driver } = log([]).runs[0]?.tool ?? {};
    expect(driver?.rules?.map(({ id }) => id)).toEqual(ALL_RULES.map(({ id }) => id));
    expect(driver).toMatchObject({ name: 'reg', semanticVersion: '1.2.3' });
    for (const { id, helpUri, defaultConfiguration, shortDescription } of driver?.rules ?? []) {
      expect(new URL(helpUri ?? '').hash).toBe(`#${id}`);
      expect(['error', 'warning', 'note']).toContain(defaultConfiguration?.level);
      expect(shortDescription?.text).toMatch(/\.$/);
    }
  });

  test('every result has what code scanning asks for', () => {
    const { results = [] } = log(FINDINGS).runs[0] ?? {};
    expect(results.map(({ level, ruleId }) => [level, ruleId])).toEqual([
      ['error', 'link-rev'],
      ['warning', 'link-case'],
      ['note', 'link-editor'],
      ['error', 'link-rev'],
      ['error', 'link-rev'],
    ]);
    for (const { ruleId, ruleIndex, locations, partialFingerprints } of results) {
      expect(ALL_RULES[ruleIndex ?? -1]?.id).toBe(ruleId);
      expect(locations?.[0]?.physicalLocation?.artifactLocation?.uriBaseId).toBe('%SRCROOT%');
      expect(partialFingerprints?.primaryLocationLineHash).toMatch(/^[0-9a-f]{16}:\d+$/);
    }
    const uris = results.map(({ locations }) => locations?.[0]?.physicalLocation?.artifactLocation?.uri);
    expect(uris).toContain('mo%20dels/a%2Cb%3Ac%25%231.model.yaml');
    expect(uris).toContain('refs/tags/churn%23prod%233');
  });

  test('a fingerprint stays where lines move, and tells repetitions apart', () => {
    const prints = (findings: Finding[]) =>
      log(findings).runs[0]?.results?.map((one) => one.partialFingerprints?.primaryLocationLineHash ?? '');
    const [first = '', other] = prints([found({}), found({ line: 9 })]) ?? [];
    expect(other).toBe(first.replace(':1', ':2'));
    expect(prints([found({ line: 7 })])).toEqual([first]);
    expect(prints([found({ message: 'x' })])).not.toEqual([first]);
  });
});
