import type { Change } from '../../domain/differences.js';
import type { CommitLog, Difference, StageDifference } from '../../registry/rows.js';
import { shownValue, sideName } from './diff.js';
import { code, table } from './markdown.js';

// What differs, for the comment on a pull request. Everything that a repository says is code: it can neither format the page nor mention
// anyone.

/** What is most worth knowing comes first; other sections follow in their own order. */
const FIRST: readonly string[] = ['metrics', 'params', 'data'];

/** Rows of one comparison; a host takes a comment of at most 65,536 characters. */
const MOST_ROWS = 100;
const MOST_CHARACTERS = 60_000;

/** One comparison. A bot finds the comment of the last run by the first line. */
export const diffMarkdown = (found: Difference): string =>
  `${markerOf([...new Set([found.from.artifact, found.to.artifact])].join(' '))}\n${section(found)}`;

/** The comparisons of all artifacts with a stage: one section for each that differs. */
export function stageMarkdown(found: readonly StageDifference[], target: string): string {
  const same = found.filter((one) => one.same);
  const sections = found.filter((one) => !one.same).map(section);
  const shown: string[] = [];
  let size = 0;
  for (const one of sections) {
    size += one.length;
    if (size > MOST_CHARACTERS) break;
    shown.push(one);
  }
  const more = sections.length - shown.length;
  const rest = [
    ...(more > 0 ? [`${more} more differ: ${code(`reg diff '${target}'`)}\n`] : []),
    ...(found.length === 0 ? ['There is nothing to compare.\n'] : []),
    ...(same.length > 0 ? [`The same as in ${code(target)}: ${names(same)}\n`] : []),
  ];
  return [markerOf(target), '\n', [...shown, ...rest].join('\n')].join('');
}

/** Names alone, which are short and of a few characters, as many as fit. */
function names(found: readonly StageDifference[]): string {
  const shown = found.slice(0, MOST_ROWS).map(({ to }) => code(to.artifact));
  const more = found.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The grammar of names has no `>`, so that none ends the comment of HTML. */
const markerOf = (what: string): string => `<!-- reg diff ${what} -->\n`;

function section(found: StageDifference): string {
  const { from, to, changes, worse, reasons } = found;
  const ordered = [...changes].sort((a, b) => rank(a) - rank(b));
  const rows = ordered.slice(0, MOST_ROWS).map(row);
  const more = changes.length - rows.length;
  const [before, after] = [from === null ? 'nothing' : code(sideName(from)), code(sideName(to))];
  const parts = [
    `### ${code(to.artifact)}\n`,
    ...(worse ? [`**Worse**\n\n${reasons.map((one) => `- ${code(one)}\n`).join('')}`] : []),
    changes.length === 0
      ? `${before} and ${after} do not differ.\n`
      : table(['', '', before, after, ''], rows),
    ...(more > 0 ? [`${more} more differ.\n`] : []),
    ...unjudged(found),
    ...Object.entries(found.log).flatMap(([name, log]) => (log ? [logSection(name, log)] : [])),
  ];
  return parts.join('\n');
}

const rank = ({ section: name }: Change): number => {
  const index = FIRST.indexOf(name);
  return index < 0 ? FIRST.length : index;
};

function row({ section: name, name: what, from, to, kind, delta, better }: Change): string[] {
  const value = (one: unknown): string => (one === null ? '' : code(shownValue(what, one, true)));
  return [name, code(what), value(from), value(to), verdict({ kind, delta, better })];
}

function verdict({ kind, delta, better }: Pick<Change, 'kind' | 'delta' | 'better'>): string {
  if (delta === null) return kind === 'changed' ? '' : kind;
  const amount = code(`${delta > 0 ? '+' : ''}${delta}`);
  if (better === null) return amount;
  const way = delta < 0 === better ? 'lower' : 'higher';
  return `${amount} ${better ? 'better' : '**worse**'} (${way} is better)`;
}

/** The metrics that changed and that no rule gives a better way: they cannot be worse. */
function unjudged({ worse, changes }: StageDifference): string[] {
  const metrics = unjudgedIn(changes).map(code);
  return worse === null || metrics.length === 0
    ? []
    : [`No rule says which way is better: ${metrics.slice(0, MOST_ROWS).join(', ')}\n`];
}

/** The names of metrics that changed, and whose direction is not known. */
export const unjudgedIn = (changes: readonly Change[]): string[] =>
  changes
    .filter(({ section: name, delta, better }) => name === 'metrics' && delta !== null && better === null)
    .map(({ name }) => name);

function logSection(name: string, { added, removed, more, problem }: CommitLog): string {
  const count = added.length + removed.length;
  if (problem !== null) return `The commits of the ${name} are not shown: ${code(problem)}\n`;
  if (count === 0) return '';
  const item =
    (sign: string) =>
    ({ commit, time, subject }: CommitLog['added'][number]): string =>
      `- ${sign} ${code(commit.slice(0, 7))} ${time.slice(0, 10)} ${code(subject)}\n`;
  const summary = `${more ? 'more than ' : ''}${count} commit${count === 1 ? '' : 's'} of the ${name}`;
  const items = [...added.map(item('+')), ...removed.map(item('−'))].join('');
  return `<details><summary>${summary}</summary>\n\n${items}\n</details>\n`;
}
