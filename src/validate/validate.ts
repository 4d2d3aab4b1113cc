import { relative, resolve } from 'node:path';
import type { WorkTree } from '../disk/work-tree.js';
import { RegError } from '../errors.js';
import { artifactOfLink, LINK_SUFFIX } from '../links/link-path.js';
import { inspectLink } from '../links/read.js';
import { once } from '../once.js';
import { type RegistryContext, requireCommit, requireWorkTree } from '../registry/context.js';
import { followLink } from '../registry/follow-link.js';
import { findRev } from '../registry/source-rev.js';
import { identify } from '../sources/identity.js';
import { verifyPromises } from '../sources/promise.js';
import type { Finding, Report } from './finding.js';
import type { LinkRule, LinkSubject } from './rule.js';
import { linkBytes } from './rules/link-bytes.js';
import { linkResolves } from './rules/link-resolves.js';
import { linkRev } from './rules/link-rev.js';

const RULES: readonly LinkRule[] = [linkRev, linkResolves, linkBytes];

/** What to validate. */
export interface ValidateOptions {
  /** Files or folders; every link of the work tree when there are none. */
  paths?: readonly string[];
  /** The folder that relative paths start from; the top of the work tree by default. */
  from?: string;
}

/** Checks the link files of the work tree, each by every rule. */
export async function validate(context: RegistryContext, options: ValidateOptions): Promise<Report> {
  const findings: Finding[] = [];
  const workTree = await requireWorkTree(context, 'validate checks the files of a work tree');
  const files = await linkFiles(workTree, options);
  for (const file of files) findings.push(...(await checkFile(context, workTree, file)));
  return { ok: findings.every((finding) => finding.level !== 'error'), findings, checked: files.length };
}

async function linkFiles(
  workTree: WorkTree,
  { paths = [], from = workTree.root }: ValidateOptions,
): Promise<string[]> {
  const links = await workTree.find(LINK_SUFFIX);
  if (paths.length === 0) return links;
  const chosen = paths.flatMap((path) => {
    const wanted = relative(workTree.root, resolve(from, path)).replaceAll('\\', '/');
    const found = links.filter((link) => wanted === '' || link === wanted || link.startsWith(`${wanted}/`));
    if (found.length > 0) return found;
    throw new RegError('USAGE', `there is no link file at '${path}'`, `link files end in ${LINK_SUFFIX}`);
  });
  return [...new Set(chosen)];
}

async function checkFile(context: RegistryContext, workTree: WorkTree, file: string): Promise<Finding[]> {
  const reading = inspectLink((await workTree.read(file)) ?? new Uint8Array(), file);
  if ('problems' in reading)
    return reading.problems.map(({ line, message, hint }) => ({
      level: 'error',
      rule: 'link-parse',
      file,
      line,
      message: hint ? `${message} (${hint})` : message,
    }));
  if (artifactOfLink(file) === undefined)
    return [
      { level: 'error', rule: 'link-name', file, line: 1, message: 'its file name is not an artifact name' },
    ];
  const model = once(async () => {
    const { model, promises } = await followLink(context, reading.link, () => requireCommit(context, 'HEAD'));
    const identity = await identify(model);
    // what this link itself promises is for its own rule to tell
    verifyPromises(file, promises.slice(1), identity);
    return identity;
  });
  const { source } = reading.link;
  const subject: LinkSubject = {
    ...reading,
    file,
    model,
    resolveRev: (rev) => findRev(context, source, rev),
  };
  const complaints = await Promise.all(
    RULES.map(async (rule) => ({ rule, said: await rule.check(subject) })),
  );
  return complaints.flatMap(({ rule, said }) => said.map((one) => ({ rule: rule.id, file, ...one })));
}
