import type { Level, Report } from '../finding.js';

/** The commands that make an annotation (GitHub Docs, "Workflow commands for GitHub Actions"). */
const COMMANDS: Readonly<Record<Level, string>> = { error: 'error', warning: 'warning', info: 'notice' };

/** A report as GitHub Actions reads it from the log of a step: one annotation a finding, at its file and line. */
export const githubReport = ({ findings }: Report): string =>
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
