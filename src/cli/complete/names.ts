import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { artifactOfLink, LINK_SUFFIX } from '../../documents/link-path.js';
import { type ArtifactName, artifactNameForTag, parseArtifactName } from '../../domain/names.js';
import { type EventName, parseTagName } from '../../domain/tag-name.js';
import { compareVersions, type Version } from '../../domain/version.js';
import type { Glimpse } from '../../git/glimpse.js';

/** Sorts behind everything that a name may go on with. */
const END = '\xff';

/** The artifacts whose names begin so: those with an event, and those that a link file at the top declares. */
export function artifactsOf(glimpse: Glimpse, prefix: string): string[] {
  const known = new Map<string, ArtifactName>();
  // of the tags of one artifact the first will do; a foreign tag such as `pkg@1.0.0` says nothing about the next
  const look = (tag: string): string | undefined => {
    const mark = tag.search(/[@#]/);
    if (mark < 0) return undefined;
    const spelled = tag.slice(0, mark);
    const artifact = known.get(spelled) ?? parseTagName(tag)?.artifact;
    if (artifact === undefined) return undefined;
    known.set(spelled, artifact);
    return tag.slice(0, mark + 1) + END;
  };
  // of tags that are not packed nobody asks where to go on
  for (const tag of glimpse.tagNames(prefix.replace(':', '='), look)) look(tag);
  return [...new Set([...known.values(), ...declaredIn(glimpse)])].sort();
}

function declaredIn({ workTree }: Glimpse): ArtifactName[] {
  try {
    const files = workTree === undefined ? [] : readdirSync(workTree);
    return files.filter((file) => file.endsWith(LINK_SUFFIX)).flatMap((file) => artifactOfLink(file) ?? []);
  } catch {
    return [];
  }
}

/** The registered versions of an artifact, greatest first. */
export function versionsOf(glimpse: Glimpse, artifact: string): string[] {
  const counts = new Map<Version, number>();
  for (const event of events(tagsOf(glimpse, artifact, '@', () => undefined)))
    if (event.kind === 'registration' || event.kind === 'deregistration')
      counts.set(event.version, (counts.get(event.version) ?? 0) + (event.kind === 'registration' ? 1 : -1));
  const active = [...counts].filter(([, count]) => count > 0).map(([version]) => version);
  return active.sort((a, b) => compareVersions(b, a));
}

/** The stages that an artifact was ever assigned to, or without one any artifact; those that the configuration lists come first. */
export async function stagesOf(glimpse: Glimpse, artifact: string | undefined): Promise<string[]> {
  const skip = (name: string): string | undefined => {
    const event = parseTagName(name);
    if (event === undefined) return undefined;
    const start = artifactNameForTag(event.artifact);
    return 'stage' in event ? `${start}#${event.stage}#${END}` : `${start}@${END}`;
  };
  const tags = artifact === undefined ? glimpse.tagNames('', skip) : tagsOf(glimpse, artifact, '#', skip);
  const used = events(tags).flatMap((event) => ('stage' in event ? [event.stage] : []));
  return [...new Set([...(await allowedIn(glimpse)), ...used.sort()])];
}

function tagsOf(
  glimpse: Glimpse,
  artifact: string,
  mark: '@' | '#',
  skip: (name: string) => string | undefined,
): string[] {
  const name = parseArtifactName(artifact);
  return name === undefined ? [] : glimpse.tagNames(artifactNameForTag(name) + mark, skip);
}

async function allowedIn({ workTree }: Glimpse): Promise<readonly string[]> {
  if (workTree === undefined) return [];
  const { readIfThere } = await import('../../util/files.js');
  const bytes = await readIfThere(join(workTree, '.reg.yaml'));
  if (bytes === undefined) return [];
  // a configuration that is wrong is told of by the command, not while somebody types
  const { readConfig } = await import('../../documents/config.js');
  try {
    return readConfig(bytes).stages ?? [];
  } catch {
    return [];
  }
}

const events = (names: readonly string[]): EventName[] => names.flatMap((name) => parseTagName(name) ?? []);
