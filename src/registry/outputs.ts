import { artifactName, type StageName } from '../domain/names.js';
import type { VersionId } from '../domain/state.js';
import type { EventKind } from '../domain/tag-name.js';
import { formatTime } from '../domain/time.js';
import { cameAfter } from '../domain/timeline.js';
import { RegError } from '../errors.js';
import type { RegistryContext } from './context.js';
import { unlessUndeclared } from './declared.js';
import { describeChosen } from './describe.js';
import { formerName } from './former-names.js';
import { readArtifact } from './read.js';
import type { StageDifference } from './rows.js';

// What later steps of a CI job take from an answer, by the names that gto-action has (README of iterative/gto-action), and more.

/** Names and values, in the order in which they are shown; null where there is nothing to say. */
export type Outputs = Record<string, string | boolean | null>;

/** The part of a row that outputs are made of. Rows of `which` have the tag of the assignment in `assigned`. */
interface AnsweredRow {
  artifact: string;
  version?: string | null;
  stage?: string | null;
  commit: string;
  tag?: string;
  event?: EventKind;
  assigned?: { tag: string };
  created?: boolean;
  pushed?: boolean;
  current?: boolean;
  previous?: string | null;
  path?: string;
  sha256?: string | null;
  url?: string;
  expires?: string | null;
}

/**
 * What later steps of a job take from the answer about one version: the event, what it came after, and what its commit declares.
 * @throws RegError USAGE where the answer is about no version
 */
export async function outputsOf(context: RegistryContext, answer: unknown): Promise<Outputs> {
  // a ref of another tool, which `--other-tags ok` allows
  if (answer === null) return { event: null, name: null, version: null, stage: null, tag: null };
  const row = [answer].flat().at(-1) as AnsweredRow | undefined;
  if (row?.artifact === undefined)
    throw new RegError('USAGE', 'the answer has nothing for later steps', 'take it as JSON, with: --json');
  const artifact = await readArtifact(context, artifactName(row.artifact));
  const version = (row.version ?? undefined) as VersionId | undefined;
  const registration = version === undefined ? undefined : artifact.versions.get(version)?.event.tag;
  const tag = row.assigned?.tag ?? row.tag ?? registration;
  const event = artifact.events.find((one) => one.tag === tag);
  // a model may be loaded that no tag is about
  const kind = row.event ?? event?.kind ?? (version === undefined ? null : 'registration');
  const stage = (row.stage ?? (event && 'stage' in event ? event.stage : null)) as StageName | null;
  const previous =
    row.previous ?? (kind && cameAfter({ kind, tag: tag ?? '', of: version, stage }, artifact));
  const declared = await describeChosen(context, artifact.name, {
    version: version ?? null,
    commit: row.commit,
    renamedFrom: version === undefined ? undefined : formerName(artifact, version, row.commit),
    mayBeLater: version === undefined,
  }).catch(unlessUndeclared);
  const outputs: Outputs = {
    // what a rev declares was no event
    event: tag === undefined && row.event === undefined ? null : kind,
    name: artifact.name,
    version: version ?? null,
    stage,
    tag: tag ?? null,
    commit: row.commit,
    previous: previous ?? null,
    type: declared?.type ?? null,
    path: row.path ?? declared?.path ?? null,
    description: declared?.description ?? null,
    sha256: row.sha256 ?? declared?.sha256 ?? null,
    time: event === undefined ? null : formatTime(event.time),
    author: event?.tagger.name ?? null,
    email: event?.tagger.email ?? null,
    message: event?.message ?? null,
  };
  for (const name of ['current', 'created', 'pushed', 'url', 'expires'] as const)
    if (row[name] !== undefined) outputs[name] = row[name];
  return outputs;
}

/**
 * What later steps of a job take from comparisons.
 * @param one the only one; undefined where a stage is compared as a whole, and name, version, tag and previous are null then
 * @param isWhole false where tags are missing, so that nothing is known of the whole
 */
export async function diffOutputs(
  context: RegistryContext,
  all: readonly StageDifference[],
  { one, isWhole }: { one: StageDifference | undefined; isWhole: boolean },
): Promise<Outputs> {
  const { artifact, version = null } = one?.to ?? {};
  const registered =
    artifact && version
      ? (await readArtifact(context, artifactName(artifact))).versions.get(version as VersionId)
      : undefined;
  return {
    worse: isWhole ? all.some(({ worse }) => worse) : null,
    same: isWhole ? all.every(({ same }) => same) : null,
    reasons: all.flatMap(({ reasons }) => reasons).join('; '),
    changed: all.flatMap(({ same, to }) => (same ? [] : [to.artifact])).join(' '),
    name: artifact ?? null,
    version,
    tag: registered?.event.tag ?? null,
    commit: all[0]?.to.commit ?? null,
    previous: one?.from?.artifact === artifact ? (one?.from?.version ?? null) : null,
  };
}
