import { type ArtifactName, artifactNameForTag } from './names.js';

/** Where tags are among the refs. */
export const TAG_REFS = 'refs/tags/';

/** The full name of a tag's ref. */
export const tagRef = (tagName: string): string => TAG_REFS + tagName;

/** How the refs of the tags of an artifact begin, or those of all tags. */
export const tagRefsOf = (scope: ArtifactName | 'all'): string[] =>
  scope === 'all' ? [TAG_REFS] : ['@', '#'].map((mark) => tagRef(artifactNameForTag(scope) + mark));

/** The refspec that fetches a tag or pushes it, under the same name on both sides. */
export const tagRefspec = (tagName: string): string => `${tagRef(tagName)}:${tagRef(tagName)}`;

/** The short name of a tag, from the full name of its ref; undefined for a ref that is not a tag. */
export const tagNameOf = (ref: string): string | undefined =>
  ref.startsWith(TAG_REFS) ? ref.slice(TAG_REFS.length) : undefined;

/** The short name of a tag that a person writes: with or without `refs/tags/` or `tags/`. */
export const tagNameIn = (text: string): string => text.replace(/^(refs\/)?tags\//, '');

/**
 * The ref that holds an artifact's turn. The name of an artifact has no `@`, so the turns of `churn` and `churn/x` are never
 * a file and a folder of one name.
 */
export const turnRef = (artifact: ArtifactName): string => `refs/reg/${artifactNameForTag(artifact)}@turn`;

/** The full names that a short one may stand for, in the order in which git tries them (gitrevisions(7)). */
export const refNamesOf = (base: string): string[] => [
  // at the top there are HEAD and similar files, and what begins with `refs/`
  ...(/^[A-Z_]+$/.test(base) || base.startsWith('refs/') ? [base] : []),
  ...['refs/', 'refs/tags/', 'refs/heads/', 'refs/remotes/'].map((start) => start + base),
  `refs/remotes/${base}/HEAD`,
];

/** A listing has many names, so one look passes those that are well-formed. */
const MAY_BE_MALFORMED = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/[./]|\.lock(\/|$)|[./]$|^[./]/;

/**
 * What git would not accept in the name of a ref; undefined for a well-formed name (git-check-ref-format(1)).
 * @param ref the full name, such as `refs/tags/churn@v1.0.0`
 */
export function refFormatProblem(ref: string): string | undefined {
  if (!MAY_BE_MALFORMED.test(ref)) return undefined;
  if (/[\x00-\x20\x7f~^:?*[\\]/.test(ref)) return 'it holds a character that git does not allow in a ref';
  if (ref.includes('..')) return "it holds '..'";
  if (ref.includes('@{')) return "it holds '@{'";
  if (ref.endsWith('.') || ref.endsWith('/')) return 'it ends in a dot or a slash';
  for (const part of ref.split('/')) {
    if (part === '') return 'it holds an empty part between slashes';
    if (part.startsWith('.')) return `its part '${part}' begins with a dot`;
    if (part.endsWith('.lock')) return `its part '${part}' ends in '.lock'`;
  }
  return undefined;
}
