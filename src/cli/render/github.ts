import type { Report } from '../../checks/finding.js';
import { clean } from './clean.js';
import { cell, table } from './markdown.js';

/**
 * Outputs as the file in GITHUB_OUTPUT takes them. Every value is fenced, so that none can begin another output (GitHub Docs,
 * "Workflow commands", multiline strings).
 * @param delimiter a line that no value holds
 */
export const githubOutput = (outputs: readonly (readonly [string, string])[], delimiter: string): string =>
  outputs.map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`).join('');

/** What a command answered, as a page of Markdown for the file in GITHUB_STEP_SUMMARY. */
export function githubSummary(outputs: readonly (readonly [string, string])[]): string {
  const title = outputs.find(([name, value]) => name === 'tag' && value !== '')?.[1];
  const lines = outputs
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `| ${name} | ${cell(value)} |`);
  return clean(
    `${title === undefined ? '' : `### ${cell(title)}\n\n`}| | |\n| --- | --- |\n${lines.join('\n')}\n\n`,
  );
}

/** How many findings there are of each rule, as a page of Markdown for the file in GITHUB_STEP_SUMMARY. */
export function checkSummary({ findings }: Pick<Report, 'findings'>, counts: string): string {
  const byRule = new Map<string, number>();
  for (const { level, rule } of findings) {
    const key = `${level} ${rule}`;
    byRule.set(key, (byRule.get(key) ?? 0) + 1);
  }
  const rows = [...byRule].map(([key, count]) => [...key.split(' ').map(cell), String(count)]);
  const page = rows.length === 0 ? '' : `${table(['level', 'rule', 'findings'], rows)}\n`;
  return `### reg validate\n\n${page}${cell(counts)}\n\n`;
}
