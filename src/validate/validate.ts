import { relative, resolve } from 'node:path';
import type { WorkTree } from '../disk/work-tree.js';
import { RegError } from '../errors.js';
import { LINK_SUFFIX } from '../links/link-path.js';
import { type RegistryContext, requireWorkTree } from '../registry/context.js';
import { ALL_RULES } from './catalogue.js';
import { checkFile } from './check-file.js';
import { type Finding, type Report, reportOf } from './finding.js';
import { viewOf } from './registry-view.js';
import { refuseUnknownRules } from './rule.js';
import { withSharedSources } from './shared-sources.js';
import { type ValidateTagsOptions, validateTags } from './tags/validate-tags.js';

/** What to validate. */
export interface ValidateOptions extends ValidateTagsOptions {
  /** Checks tags instead of link files; a work tree is not needed for that. */
  tags?: boolean | undefined;
  /** Files or folders; every link of the work tree when there are none. */
  paths?: readonly string[];
  /** The folder that relative paths start from; the top of the work tree by default. */
  from?: string;
}

/**
 * Checks the link files of the work tree, each by every rule, or the tags.
 * @throws RegError NO_WORK_TREE, INVALID_CONFIG, USAGE for a path without links
 */
export async function validate(given: RegistryContext, options: ValidateOptions): Promise<Report> {
  if (options.tags) return validateTags(given, options);
  const workTree = await requireWorkTree(given, 'validate checks the files of a work tree');
  const context = withSharedSources(given);
  const all = (await workTree.find('')).filter((file) => LOOKS_LIKE_LINK.test(file));
  const view = await viewOf(context, all);
  refuseUnknownRules(view.config.rules, ALL_RULES);
  const files = chosenFiles(all, workTree, options);
  const findings: Finding[] = [];
  for (const found of await eachOf(files, (file) => checkFile(view, workTree, file))) findings.push(...found);
  return reportOf(findings, files);
}

/** What is a link, and what somebody may have taken for one. */
const LOOKS_LIKE_LINK = /\.model\.ya?ml$/i;

function chosenFiles(
  all: readonly string[],
  workTree: WorkTree,
  { paths = [], from = workTree.root }: ValidateOptions,
): readonly string[] {
  if (paths.length === 0) return all;
  const chosen = paths.flatMap((path) => {
    const wanted = relative(workTree.root, resolve(from, path)).replaceAll('\\', '/');
    const found = all.filter((link) => wanted === '' || link === wanted || link.startsWith(`${wanted}/`));
    if (found.length > 0) return found;
    throw new RegError('USAGE', `there is no link file at '${path}'`, `link files end in ${LINK_SUFFIX}`);
  });
  return [...new Set(chosen)];
}

/** So many files are looked at at a time: enough to wait for sources together, few enough for memory and open files. */
const AT_ONCE = 4;

async function eachOf<T>(files: readonly string[], check: (file: string) => Promise<T>): Promise<T[]> {
  const found: T[] = [];
  const waiting = files.entries();
  const checkOn = async (): Promise<void> => {
    for (const [index, file] of waiting) found[index] = await check(file);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, checkOn));
  return found;
}
