/** `reg help tags`. */
const TAGS = `Tags: the registry is the annotated tags of a git repository, and nothing else.

  churn@v1.2.0         version v1.2.0 of churn is registered at that commit
  churn@v1.2.0!        ... and taken back (a second time: churn@v1.2.0!#8)
  churn#prod#9         the version at that commit is assigned to stage prod
  churn#prod!#10       ... and taken out of it
  churn@deprecated     churn is no longer in use; any later event revives it

The number at the end is a counter, one for each artifact: it gives events their
order where two clocks disagree. An artifact in a folder is models:churn, in a
tag models=churn. Who did it, when and why are in the tag: git show churn@v1.2.0

What holds now is what these events say together. What churn has in prod is the
version assigned last that was neither taken out nor taken back since; latest is
the greatest version by SemVer. "--at 2026-05-03" asks what held at that time.

  reg register churn                      registers the model of this commit
  reg assign churn@v1.2.0 prod            puts it into prod, or back into it
  reg which churn prod                    answers from tags alone

Tags are shared as all tags are: git push, git fetch --tags, --push, reg sync.
`;

/** `reg help links`. */
const LINKS = `Links: a file NAME.model.yaml declares artifact NAME, and where its model is.

  source:
    repo: https://github.com/mycompany/research     none: this repository
    rev: v1                                         what was asked for
    commit: 4f0c1d...                               what it was, in full
    path: models/churn.safetensors                  a file or a folder
  sha256: 9b1d...                                   of the bytes
  size: 1234

Pinned to a commit and a SHA-256, a link leads to the same bytes for ever, or to
an error: every load gives what was reviewed and registered. Instead
of repo and path, url leads to a store: s3://, gs://, az://, ssh://, https://, a
folder. A rev such as churn#prod leads to what another registry has in prod.

  reg link models/churn.safetensors churn --source ../research --rev v1
  reg upload out/churn.safetensors churn  puts a model into a store, links it
  reg load 'churn#prod'                   fetches, verifies, writes the file
  reg update churn                        pins to what the rev is by now
  reg validate                            checks all links; for CI

Registering a version takes the commit that the link is in.
`;

/** What `reg help` explains beside commands: each a screenful. */
export const TOPICS: Readonly<Record<string, string>> = { tags: TAGS, links: LINKS };
