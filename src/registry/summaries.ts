import type { ArtifactName } from '../domain/names.js';
import { type Outline, outlineOf, type Summary } from '../domain/outline.js';
import { currentIn, latestVersion, stagesUsed } from '../domain/query.js';
import type { Sketch } from '../domain/sketch.js';
import { type ArtifactState, stateOf } from '../domain/state.js';
import { survey } from '../domain/survey.js';
import { parseTagName } from '../domain/tag-name.js';
import { checkByReading } from '../git/check-tags.js';
import type { NamedTagReader, TagReader, TagRef } from '../git/port.js';
import { type TagListing, tagsIn } from '../git/tag-listing.js';
import { eachEventIn, readState } from './read.js';

/** The summary of every artifact that has an event. */
export type Summaries = ReadonlyMap<ArtifactName, Summary>;

/**
 * Reads what an overview says. Names come first; tag objects are read only for the tags that an answer rests upon, and
 * for the artifacts that names cannot settle (SPEC §3). The answer is that of `fullSummaries`.
 */
export async function readSummaries(tags: TagReader): Promise<Summaries> {
  const listing = await tags.listPeeledTags();
  // a listing that git could not finish: something is broken, and reading everything finds out what
  return listing === undefined ? fullSummaries(tags) : summariesIn(listing, tags);
}

/** The same by reading every tag object. */
export async function fullSummaries(tags: TagReader): Promise<Summaries> {
  return new Map([...(await readState(tags))].map(([name, artifact]) => [name, summaryOf(artifact)]));
}

/** What the names of an artifact's tags come to. */
interface Drawn {
  artifact: ArtifactName;
  sketch: Sketch;
  outline: Outline | undefined;
}

/** The same of a listing of all tags. */
export async function summariesIn(
  listing: TagListing,
  tags: NamedTagReader & Pick<TagReader, 'checkTags'>,
): Promise<Summaries> {
  const drawn: Drawn[] = [];
  const check = tags.checkTags ?? checkByReading(tags);
  const verdicts = await check(listing, (claim) =>
    survey(listing, (artifact, sketch) => {
      // of a name that no event bears nothing is said
      if (!sketch.hasEvents) return;
      const outline = outlineOf(listing, sketch);
      for (const witness of outline?.witnesses ?? []) claim(witness.tag, witness);
      drawn.push({ artifact, sketch, outline });
    }),
  );
  const summaries = new Map<ArtifactName, Summary>();
  const unsettled: TagRef[] = [];
  let own = 0;
  for (const { artifact, sketch, outline } of drawn) {
    const first = own;
    own += outline?.witnesses.length ?? 0;
    const holds = verdicts.slice(first, own).every(Boolean);
    if (outline && holds && !sketch.isOpen) summaries.set(artifact, outline.summary);
    else unsettled.push(...tagsOf(listing, artifact, sketch));
  }
  const rest = unsettled.length === 0 ? [] : await tags.readTags(unsettled);
  for (const [name, artifact] of stateOf(eachEventIn(rest))) summaries.set(name, summaryOf(artifact));
  return summaries;
}

/** All annotated tags of an artifact. */
const tagsOf = (listing: TagListing, artifact: ArtifactName, { first, end }: Sketch): TagRef[] =>
  tagsIn(listing, first, end).filter(
    ({ name, peeledOid }) => peeledOid !== undefined && parseTagName(name)?.artifact === artifact,
  );

function summaryOf(artifact: ArtifactState): Summary {
  const stages = stagesUsed(artifact).flatMap((stage) => {
    const current = currentIn(artifact, stage);
    return current ? [[stage, current.version.id] as const] : [];
  });
  return { latest: latestVersion(artifact)?.id, stages: new Map(stages), deprecated: artifact.deprecated };
}
