import { CONFIG_FILE } from '../documents/config.js';
import { artifactOfLink } from '../documents/link-path.js';
import { type RegistryContext, requireWorkTree } from '../registry/context.js';
import { withSharedSources } from '../registry/shared-sources.js';
import { mapAtMost } from '../util/async.js';
import { REMOVED_RULES } from './catalogue.js';
import { changeSince } from './change.js';
import { checkConfig, unreadableConfig } from './check-config.js';
import { checkFile } from './check-file.js';
import { chosenFiles, type FileChoice } from './chosen-files.js';
import { type Finding, type Report, reportOf } from './finding.js';
import { type RegistryView, viewOf } from './registry-view.js';
import { applyRules } from './rule.js';
import { type ValidateTagsOptions, validateTags } from './tags/validate-tags.js';

/** What to validate. */
export interface ValidateOptions extends ValidateTagsOptions, FileChoice {
  /** Checks tags instead of link files; a work tree is not needed for that. */
  tags?: boolean | undefined;
  /** A rev: only what the work tree changes since it parted from there. */
  base?: string | undefined;
}

/**
 * Checks the link files of the work tree, each by every rule, or the tags.
 * @throws RegError NO_WORK_TREE, USAGE for a path without links, UNKNOWN_REV
 */
export async function validate(given: RegistryContext, options: ValidateOptions): Promise<Report> {
  if (options.tags) return validateTags(given, options);
  const unreadable = await unreadableConfig(given);
  if (unreadable !== undefined) return reportOf([unreadable], [CONFIG_FILE]);
  const workTree = await requireWorkTree(given, 'validate checks the files of a work tree');
  const context = withSharedSources(given);
  const { base } = options;
  const change = base === undefined ? undefined : await changeSince(context, workTree, base);
  const present = (await workTree.find('')).filter((file) => LOOKS_LIKE_LINK.test(file));
  const registry = await viewOf(context, present, options.offline ?? false);
  const gone = new Set(change?.removed);
  const chosen = chosenFiles([...present, ...gone], options, workTree.root);
  const touched = await Promise.all(chosen.map((file) => change?.touches(file) ?? true));
  const files = chosen.filter((_, index) => touched[index]);
  const found = await mapAtMost(AT_ONCE, files, (file) =>
    gone.has(file) ? checkRemoved(registry, file) : checkFile(registry, workTree, change, file),
  );
  if (options.paths === undefined || options.paths.length === 0)
    found.push(await checkConfig(registry, workTree));
  return reportOf(found.flat(), files);
}

/** What is a link, and what somebody may have taken for one. */
const LOOKS_LIKE_LINK = /\.model\.ya?ml$/i;

async function checkRemoved(registry: RegistryView, file: string): Promise<Finding[]> {
  const artifact = artifactOfLink(file);
  if (artifact === undefined) return [];
  return applyRules(REMOVED_RULES, { file, artifact, registry }, registry.config.rules);
}

/** So many files are looked at at a time: enough to wait for sources together, few enough for memory and open files. */
const AT_ONCE = 4;
