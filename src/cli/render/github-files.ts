import type { CheckedRow } from '../../registry/rows.js';

/** The outputs of `check-ref --github-output`, by the names that workflows use. */
export const outputsOf = ({
  artifact,
  version,
  stage,
  event,
  commit,
  current,
}: CheckedRow): [string, string][] => [
  ['name', artifact],
  ['version', version ?? ''],
  ['stage', stage ?? ''],
  ['event', event],
  ['commit', commit],
  ['current', current ? 'yes' : 'no'],
];

/**
 * Outputs as the file in GITHUB_OUTPUT takes them. Every value is fenced, so that none can begin another output (GitHub Docs,
 * "Workflow commands", multiline strings).
 * @param delimiter a line that no value holds
 */
export const githubOutput = (outputs: readonly (readonly [string, string])[], delimiter: string): string =>
  outputs.map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`).join('');

/** What happened, as a page of Markdown for the file in GITHUB_STEP_SUMMARY. */
export function githubSummary(row: CheckedRow): string {
  const { tag, time, author, email, message } = row;
  const rows: [string, string][] = [
    ...outputsOf(row),
    ['tag', tag],
    ['time', time],
    ['by', `${author} <${email}>`],
    ['message', message],
  ];
  const lines = rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `| ${name} | ${cell(value)} |`);
  return `### ${cell(tag)}\n\n| | |\n| --- | --- |\n${lines.join('\n')}\n\n`;
}

/** Text that means nothing to Markdown or HTML, in one line. */
const cell = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_{}[\]()#+\-.!|~@:]/g, (char) => `&#${char.charCodeAt(0)};`)
    .replaceAll(/\s*\n\s*/g, '<br>');
