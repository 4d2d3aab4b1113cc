import { inspectLink, type LinkFile } from '../documents/link.js';
import { artifactOfLink, LINK_SUFFIX } from '../documents/link-path.js';
import type { ArtifactName } from '../domain/names.js';
import { digestOf, verifyPromises } from '../models/digest.js';
import { interfaceOf } from '../models/interface.js';
import { requireCommit } from '../registry/context.js';
import { followLink } from '../registry/follow-link.js';
import { findRev } from '../registry/source-rev.js';
import { once } from '../util/async.js';
import type { WorkTree } from '../util/files.js';
import { FILE_RULES, LINK_RULES } from './catalogue.js';
import type { TreeChange } from './change.js';
import type { Finding } from './finding.js';
import { metricsOf } from './link-metrics.js';
import type { LinkSubject } from './link-subject.js';
import type { RegistryView } from './registry-view.js';
import { applyRules } from './rule.js';

/** Asks every rule about one link file. */
export async function checkFile(
  registry: RegistryView,
  workTree: WorkTree,
  change: TreeChange | undefined,
  file: string,
): Promise<Finding[]> {
  const { rules } = registry.config;
  const bytes = (await workTree.read(file)) ?? new Uint8Array();
  const reading = inspectLink(bytes, file);
  const artifact = file.endsWith(LINK_SUFFIX) ? artifactOfLink(file) : undefined;
  const findings = await applyRules(FILE_RULES, { file, bytes, reading, artifact, registry }, rules);
  if ('problems' in reading || artifact === undefined) return findings;
  const before = await change?.before(file);
  const subject = { ...linkSubject(registry, file, artifact, reading), before };
  return [...findings, ...(await applyRules(LINK_RULES, subject, rules))];
}

function linkSubject(
  registry: RegistryView,
  file: string,
  artifact: ArtifactName,
  reading: LinkFile,
): Omit<LinkSubject, 'before'> {
  const { context } = registry;
  const { link } = reading;
  const follow = once(() => followLink(context, link, () => requireCommit(context, 'HEAD')));
  const model = once(async () => {
    const { model, promises } = await follow();
    const identity = await digestOf(model);
    // what this link itself promises is for its own rule to tell
    verifyPromises(file, promises.slice(1), identity);
    return identity;
  });
  return {
    ...reading,
    file,
    artifact,
    registry,
    find: async () => (await follow()).model,
    fileInterface: once(async () => interfaceOf((await follow()).model)),
    model,
    metrics: once(() => metricsOf(registry, link, () => requireCommit(context, 'HEAD'))),
    findRev: once(async () => {
      const { rev } = link.source;
      return rev === undefined ? undefined : findRev(context, link.source, rev);
    }),
  };
}
