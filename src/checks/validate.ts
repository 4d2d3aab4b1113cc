import { relative, resolve } from 'node:path';
import { artifactsFileAt } from '../documents/artifacts.js';
import { CONFIG_FILE, GTO_FILE } from '../documents/config.js';
import { inspectLink, type LinkFile } from '../documents/link.js';
import { artifactOfLink, LINK_SUFFIX, linkPathOf } from '../documents/link-path.js';
import { problemOf, readYaml, STRICT } from '../documents/yaml.js';
import type { Oid } from '../domain/event.js';
import { type ArtifactName, parseArtifactName } from '../domain/names.js';
import { tagRef } from '../domain/refs.js';
import { rulesFor } from '../domain/metrics.js';
import { RegError } from '../errors.js';
import { type Index, requireIndex, STAGED } from '../git/port.js';
import { digestOf, verifyPromises } from '../models/digest.js';
import { openHashes } from '../models/hashes.js';
import { isPointer } from '../models/dvc-index.js';
import { interfaceOf } from '../models/interface.js';
import { type RegistryContext, requireCommit, requireWorkTree } from '../registry/context.js';
import { type DeclaringFiles, filesToCommit } from '../registry/declared.js';
import { excludingAs } from '../registry/exclusion.js';
import { followLink, followNow, withSharedSources } from '../registry/links.js';
import { metricsOf } from '../registry/metrics-file.js';
import { readState } from '../registry/read.js';
import type { Finding } from '../registry/rows.js';
import { findRev } from '../registry/source-rev.js';
import { mapAtMost, once } from '../util/async.js';
import { shellLine } from '../util/shell.js';
import { missingBytes } from './bytes.js';
import { changeSince, type TreeChange } from './change.js';
import { checkDeclarations, findingsOf } from './declarations.js';
import { applyRules, complaintOf, levelOf, type Report, reportOf } from './finding.js';
import { guarded } from './guard.js';
import { FILE_RULES } from './link-rules.js';
import { ALL_RULES, CONFIG_RULES, LINK_RULES, REMOVED_RULES, unreadableConfig } from './rules.js';
import { type LinkSubject, type RegistryView, viewOf } from './subject.js';
import { TAG_RULES, type ValidateTagsOptions, validateTags } from './tag-rules.js';
import { type TrustedConfig, trustedConfig } from './trusted-config.js';

/** What to validate. */
export interface ValidateOptions extends ValidateTagsOptions, FileChoice {
  /** Checks tags instead of link files, which takes no work tree. */
  tags?: boolean | undefined;
  /** Checks the files of the index, which `git commit` would have, and not those of the work tree. */
  staged?: boolean | undefined;
  /** Asks for the bytes of every version that is current in a stage too. */
  bytes?: boolean | undefined;
  /** Hashes all bytes, also those that were hashed before and have not changed since. */
  rehash?: boolean | undefined;
  /** A rev: checks only what the work tree changes since it left the branch of the rev. */
  base?: string | undefined;
}

/**
 * Checks the link files of the work tree or the index and the configuration, or the tags, by every rule.
 * @throws RegError NO_WORK_TREE, USAGE for a path without links, UNKNOWN_REV, NOT_COMMITTED for an index with a conflict
 */
export async function validate(asked: RegistryContext, options: ValidateOptions): Promise<Report> {
  const given = { ...asked, rehash: options.rehash };
  refuseMixed(options);
  try {
    if (options.tags) await given.config();
    const index = options.staged ? await indexOf(given) : undefined;
    const context =
      index === undefined ? given : { ...given, repository: { ...given.repository, objects: index.objects } };
    const files = once(async () => filesToCommit(index ?? (await context.repository.nextCommit())));
    const trusted = once(async () => trustedConfig(context, (await files()).read, options.offline));
    const report = options.tags
      ? await validateTags(context, options)
      : await validateFiles(context, await files(), await trusted(), options);
    return options.bytes ? await withBytes(context, await trusted(), report) : report;
  } catch (error) {
    const finding = unreadableConfig(error);
    return reportOf([finding], [finding.file]);
  }
}

/** Links and tags are checked one at a time, and a choice among the others would be without effect. */
function refuseMixed({ tags, staged, paths = [], base, since }: ValidateOptions): void {
  if (tags && (staged || paths.length > 0 || base !== undefined))
    throw new RegError(
      'USAGE',
      'paths, a base and the index are about links, not tags',
      'check tags apart: reg validate --tags',
    );
  if (!tags && since !== undefined)
    throw new RegError('USAGE', 'a start is about tags, not links', 'check tags: reg validate --tags');
}

/** @throws RegError NO_WORK_TREE; NOT_COMMITTED for a conflict, which git commits neither */
async function indexOf(context: RegistryContext): Promise<Index> {
  await requireWorkTree(context, 'the index belongs to a work tree');
  const index = await requireIndex(context.repository);
  const [first] = index.unmerged;
  if (first === undefined) return index;
  const resolve = `resolve it, then: ${shellLine('git', 'add', first)}`;
  throw new RegError('NOT_COMMITTED', `cannot check the index: ${first} has a conflict`, resolve);
}

/** Adds what stages hold and is not where its declaration says. */
async function withBytes(
  context: RegistryContext,
  { config }: TrustedConfig,
  report: Report,
): Promise<Report> {
  const { bytes: rule } = TAG_RULES;
  const level = levelOf(rule, config.rules);
  if (level === 'off') return report;
  const judged = excludingAs(context, config.artifacts.exclude);
  const state = await readState(judged);
  const findings = (await missingBytes(judged, state.values())).map(
    (fault): Finding => ({
      level: fault.level === 'error' ? level : 'warning',
      rule: rule.id,
      file: tagRef(fault.tag),
      line: 1,
      message: `${fault.artifact}: ${fault.message}`,
    }),
  );
  return { ...reportOf([...report.findings, ...findings], report.checked), note: report.note };
}

/** Checks the link files of the work tree, and what else declares artifacts there. */
async function validateFiles(
  given: RegistryContext,
  all: DeclaringFiles,
  trusted: TrustedConfig,
  options: ValidateOptions,
): Promise<Report> {
  const workTree = await requireWorkTree(given, 'validate checks the files of a work tree');
  const { hosts, sources } = trusted.config;
  const context = withSharedSources(
    guarded(
      { ...excludingAs(given, trusted.config.artifacts.exclude), config: async () => trusted.config },
      { hosts, sources, root: workTree.root },
    ),
  );
  const { base } = options;
  const change = base === undefined ? undefined : await changeSince(context, all, base);
  const present = all.paths.filter((file) => LOOKS_LIKE_LINK.test(file));
  const { declared, faults } = await checkDeclarations(all, trusted.config.types);
  const view = await viewOf(context, trusted, present, declared.names, options.offline ?? false);
  const registry = { ...view, isStaged: options.staged === true };
  const gone = new Set(change?.removed);
  const others = new Set([...declared.files, ...faults.map(({ file }) => file)].filter(isNoLink));
  const ofTools = all.paths.filter((file) => artifactsFileAt(file) !== undefined || isPointer(file));
  const known = { checked: [...present, ...gone, ...others], others: [...ofTools, CONFIG_FILE, GTO_FILE] };
  const { chosen, isConfigChosen } = chosenFiles(known, options, workTree.root);
  const touched = await Promise.all(chosen.map((file) => change?.touches(file) ?? true));
  const files = chosen.filter((_, index) => touched[index]);
  const found = await mapAtMost(AT_ONCE, files.filter(isNoOther), (file) =>
    gone.has(file) ? checkRemoved(registry, file) : checkFile(registry, all, change, file),
  );
  if (isConfigChosen) found.push(await checkConfig(registry, all));
  found.push(
    findingsOf(
      faults.filter(({ file }) => files.includes(file)),
      registry.config.rules,
    ),
  );
  const hasPaths = (options.paths ?? []).length > 0;
  const report = reportOf(found.flat(), hasPaths && isConfigChosen ? [...files, CONFIG_FILE] : files);
  if (report.checked.length > 0 || report.findings.length > 0) return { ...report, note: trusted.note };
  const none =
    base !== undefined
      ? 'the change touches no declaration'
      : `${hasPaths ? 'none of these files' : 'no file'} declares an artifact`;
  const notes = [trusted.note, `there is nothing to check: ${none}`];
  return { ...report, note: notes.filter(Boolean).join('\n') };

  function isNoOther(file: string): boolean {
    return !others.has(file);
  }
}

const isNoLink = (file: string): boolean => !LOOKS_LIKE_LINK.test(file);

/** Link files, and files that look like one. */
const LOOKS_LIKE_LINK = /\.model\.ya?ml$/i;

async function checkRemoved(registry: RegistryView, file: string): Promise<Finding[]> {
  const artifact = artifactOfLink(file);
  if (artifact === undefined) return [];
  return applyRules(REMOVED_RULES, { file, artifact, registry }, registry.config.rules);
}

/** Files that are checked at a time: enough to wait for sources together, few enough for memory and open files. */
const AT_ONCE = 4;

/** Asks every rule about one link file. */
async function checkFile(
  registry: RegistryView,
  files: DeclaringFiles,
  change: TreeChange | undefined,
  file: string,
): Promise<Finding[]> {
  const { rules } = registry.config;
  let bytes: Uint8Array;
  try {
    bytes = (await files.read(file)) ?? new Uint8Array();
  } catch (error) {
    return [unreadableLink(error, file)];
  }
  const reading = inspectLink(bytes, file);
  const artifact = file.endsWith(LINK_SUFFIX) ? artifactOfLink(file) : undefined;
  const findings = await applyRules(FILE_RULES, { file, bytes, reading, artifact, registry }, rules);
  if ('problems' in reading || artifact === undefined) return findings;
  const before = await change?.before(file);
  const subject = { ...linkSubject(registry, file, artifact, reading), before };
  return [...findings, ...(await applyRules(LINK_RULES, subject, rules))];
}

/** The finding of a link file that is no plain file, or too large, whatever the levels of rules. Any other error is thrown again. */
function unreadableLink(error: unknown, file: string): Finding {
  const problem = problemOf(error, file);
  if (problem === undefined) throw error;
  return { level: 'error', rule: 'link-parse', file, ...complaintOf(problem) };
}

function linkSubject(
  registry: RegistryView,
  file: string,
  artifact: ArtifactName,
  reading: LinkFile,
): Omit<LinkSubject, 'before'> {
  const { context, isStaged } = registry;
  const { link } = reading;
  const here = async (): Promise<Oid> => (isStaged ? STAGED : requireCommit(context, 'HEAD'));
  const follow = once(() => (isStaged ? followLink(context, link, here) : followNow(context, link)));
  const model = once(async () => {
    const { model, promises } = await follow();
    const digest = await digestOf(model, openHashes(context.cache, context.now, context));
    // the rule link-bytes has the promises of this link itself
    verifyPromises(file, promises.slice(1), digest);
    return digest;
  });
  return {
    ...reading,
    file,
    artifact,
    registry,
    fileInterface: once(async () => interfaceOf((await follow()).model)),
    model,
    metrics: once(() => {
      const judged = rulesFor(artifact, registry.config.metrics).map(({ metric }) => metric);
      return metricsOf(context, registry.config, link, here, judged);
    }),
    findRev: once(async () => {
      const { rev } = link.source;
      return rev === undefined ? undefined : findRev(context, link.source, rev);
    }),
  };
}

/** Asks the rules about the configuration. */
async function checkConfig(registry: RegistryView, files: DeclaringFiles): Promise<Finding[]> {
  const bytes = (await files.read(CONFIG_FILE)) ?? new Uint8Array();
  const yaml = readYaml(bytes, CONFIG_FILE, 'INVALID_CONFIG', STRICT);
  const rules = ALL_RULES.map(({ id }) => id);
  return applyRules(CONFIG_RULES, { file: CONFIG_FILE, yaml, registry, rules }, registry.config.rules);
}

/** Which files to check. */
interface FileChoice {
  /** Files, folders, or artifacts where there is no such path. By default every link of the work tree. */
  paths?: readonly string[] | undefined;
  /** The folder at which relative paths start; the top of the work tree by default. */
  from?: string | undefined;
}

/** The files at a path or below it, where both are compared in one form. */
function filesAtPath(files: readonly string[], path: string, form: (text: string) => string): string[] {
  const wanted = form(path);
  return files.filter(
    (file) => wanted === '' || form(file) === wanted || form(file).startsWith(`${wanted}/`),
  );
}

/**
 * The files to check, in the order of the paths, and whether the configuration is checked too. A hook names every file of a change: one of
 * another tool that declares nothing is no mistake.
 * @param root the top of the work tree
 * @throws RegError USAGE for a path without files
 */
function chosenFiles(
  { checked: files, others }: { checked: readonly string[]; others: readonly string[] },
  { paths = [], from }: FileChoice,
  root: string,
): { chosen: readonly string[]; isConfigChosen: boolean } {
  if (paths.length === 0) return { chosen: files, isConfigChosen: true };
  let isConfigChosen = false;
  const chosen = paths.flatMap((path) => {
    const wanted = relative(root, resolve(from ?? root, path)).replaceAll('\\', '/');
    const found = filesAtPath(files, wanted, String);
    if (wanted === CONFIG_FILE || wanted === GTO_FILE || wanted === '') isConfigChosen = true;
    if (found.length > 0 || others.includes(wanted)) return found;
    // a file system may give a name in another form of Unicode than the index has (UAX #15)
    const same = filesAtPath(files, wanted, (text) => text.normalize());
    if (same.length > 0) return same;
    const artifact = parseArtifactName(path);
    const link = artifact && linkPathOf(artifact);
    if (link !== undefined && files.includes(link)) return [link];
    // the artifact of that name in the current folder
    if (files.includes(wanted + LINK_SUFFIX)) return [wanted + LINK_SUFFIX];
    throw new RegError('USAGE', `there is no link file at '${path}'`, `link files end in ${LINK_SUFFIX}`);
  });
  return { chosen: [...new Set(chosen)], isConfigChosen };
}
