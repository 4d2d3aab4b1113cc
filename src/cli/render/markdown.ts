import { clean } from './clean.js';

// Text of a repository on a page of Markdown, where it must be text: no mark-up, no HTML, no mention of a person.

/** Text that means nothing to Markdown or HTML, in one line. */
export const cell = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[\\`*_{}[\]()#+\-.!|~@:]/g, (char) => `&#${char.charCodeAt(0)};`)
    .replaceAll(/\s*\n\s*/g, '<br>');

/**
 * Text as code, cut where it is very long. In code `@name` mentions no one and `#1` is no link, which hosts find in the text of a page
 * after its entities are decoded.
 */
export function code(text: string): string {
  const line = clean(text.replaceAll(/\s+/g, ' ').trim());
  const shown = line.length > LONGEST ? `${[...line].slice(0, LONGEST).join('')}…` : line;
  return shown === '' ? '' : `<code>${cell(shown)}</code>`;
}

const LONGEST = 200;

/** A table, each cell safe already. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
