/**
 * A name as a part of a path: safe on every file system and in every URL, and for no two names the same, also where
 * letter case does not count. `_` begins what is not itself: `_a` is A, `__` is _, `_2f` is a slash.
 */
export function pathPart(name: string): string {
  const spelled = [...name].map(spell).join('');
  // names that Windows keeps for devices, whatever comes behind a dot
  const safe = /^(con|prn|aux|nul|com\d|lpt\d)($|\.)/.test(spelled) ? hex(name) + spelled.slice(1) : spelled;
  // a file system takes 255 bytes in a part; `~` is in no other place
  return (safe.match(/.{1,200}/g) ?? []).join('~/');
}

function spell(character: string): string {
  if (/[a-z0-9.-]/.test(character)) return character;
  if (/[A-Z]/.test(character)) return `_${character.toLowerCase()}`;
  return character === '_' ? '__' : hex(character);
}

const hex = (text: string): string => `_${(text.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`;

/** The page of an artifact, from the top of the site. */
export const artifactPath = (artifact: string): string => `artifacts/${pathPart(artifact)}/index.html`;

/** The page on which versions of an artifact are compared. */
export const comparePath = (artifact: string): string => `artifacts/${pathPart(artifact)}/compare.html`;

/** The page of a version; in a folder of its own, so that no version can be called as another page is. */
export const versionPath = (artifact: string, version: string): string =>
  `artifacts/${pathPart(artifact)}/versions/${pathPart(version)}.html`;

/** What other tools read of an artifact. */
export const artifactDataPath = (artifact: string): string => `data/artifacts/${pathPart(artifact)}.json`;

/** The way from a page to the top of the site. */
export const rootOf = (path: string): string => '../'.repeat(path.split('/').length - 1);

/** The events of a month, for pages: the script that brings them. */
export const historyPath = (month: string): string => `data/history/${month}.js`;

/** What turned in the overview in a month, for pages: the script that brings it. */
export const daysPath = (month: string): string => `data/days/${month}.js`;

/** When the site was made last: the script that brings it to pages that did not change then. */
export const NOW_PATH = 'data/now.js';
