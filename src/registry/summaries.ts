import { BrokenListing } from '../domain/listed-bytes.js';
import type { ArtifactName } from '../domain/names.js';
import { type Outline, outlineOf, type Summary } from '../domain/outline.js';
import { survey } from '../domain/survey.js';
import { parseTagName } from '../domain/tag-name.js';
import { checkByReading } from '../git/check-tags.js';
import type { NamedTagReader, TagReader, TagRef } from '../git/port.js';
import { type TagListing, tagsIn } from '../git/tag-listing.js';
import { eachEventIn, readState } from './read.js';
import { currentIn, latestVersion, stagesUsed, type ArtifactState, stateOf } from "../domain/artifact.js";

/** The summary of every artifact that has an event. */
export type Summaries = ReadonlyMap<ArtifactName, Summary>;

/**
 * Reads what an overview says. Names come first; tag objects are read only for the tags that an answer rests upon, and
 * for the artifacts that names cannot settle (SPEC §3). The answer is that of `fullSummaries`.
 */
export async function readSummaries(tags: TagReader): Promise<Summaries> {
  const listing = await tags.listPeeledTags();
  try {
    if (listing !== undefined) return await summariesIn(listing, tags);
  } catch (error) {
    if (!(error instanceof BrokenListing)) throw error;
  }
  // something is broken, and reading everything finds out what
  return fullSummaries(tags);
}

/** The same by reading every tag object. */
export async function fullSummaries(tags: TagReader): Promise<Summaries> {
  return new Map([...(await readState(tags))].map(([name, artifact]) => [name, summaryOf(artifact)]));
}

/** What the names of an artifact's tags come to, and where the tags are. */
interface Drawn {
  artifact: ArtifactName;
  outline: Outline | undefined;
  first: number;
  end: number;
}

/**
 * The same of a listing of all tags.
 * @throws BrokenListing
 */
export async function summariesIn(
  listing: TagListing,
  tags: NamedTagReader & Pick<TagReader, 'checkTags'>,
): Promise<Summaries> {
  const drawn: Drawn[] = [];
  const check = tags.checkTags ?? checkByReading(tags);
  const verdicts = await check(listing, (claim) =>
    survey(listing, (artifact, sketch) => {
      const { hasEvents, first, end } = sketch;
      // of a name that no event bears nothing is said
      if (!hasEvents) return;
      const outline = outlineOf(listing, sketch);
      outline?.witnesses.forEach(claim);
      drawn.push({ artifact, outline, first, end });
    }),
  );
  const summaries = new Map<ArtifactName, Summary>();
  const unsettled: TagRef[] = [];
  let own = 0;
  for (const one of drawn) {
    const from = own;
    own += one.outline?.witnesses.length ?? 0;
    if (one.outline && verdicts.slice(from, own).every(Boolean))
      summaries.set(one.artifact, one.outline.summary);
    else for (const tag of tagsOf(listing, one)) unsettled.push(tag);
  }
  const rest = unsettled.length === 0 ? [] : await tags.readTags(unsettled);
  for (const [name, artifact] of stateOf(eachEventIn(rest))) summaries.set(name, summaryOf(artifact));
  return summaries;
}

/** All annotated tags of an artifact. */
const tagsOf = (listing: TagListing, { artifact, first, end }: Drawn): TagRef[] =>
  tagsIn(listing, first, end).filter(
    ({ name, peeledOid }) => peeledOid !== undefined && parseTagName(name)?.artifact === artifact,
  );

function summaryOf(artifact: ArtifactState): Summary {
  const stages = stagesUsed(artifact).flatMap((stage) => {
    const current = currentIn(artifact, stage);
    return current ? [[stage, current.version.id] as const] : [];
  });
  return { latest: latestVersion(artifact)?.id, stages, deprecated: artifact.deprecated };
}
