/** `reg help links`: a screenful. */
export const LINKS = `Links: a file NAME.model.yaml declares artifact NAME, and where its model is.

  source:
    repo: https://github.com/mycompany/research     none: this repository
    rev: v1                                         what was asked for
    commit: 4f0c1d...                               what it was, in full
    path: models/churn.safetensors                  a file or a folder
  sha256: 9b1d...                                   of the bytes
  size: 1234

Pinned to a commit and a SHA-256, a link leads to the same bytes for ever, or to
an error: whoever loads the model gets what was reviewed and registered. Instead
of repo and path, url leads to a store: s3://, gs://, az://, https://, a folder.
A rev such as churn#prod leads to what another registry has in prod.

  reg link models/churn.safetensors churn --source ../research --rev v1
  reg upload out/churn.safetensors churn  puts a model into a store, links it
  reg load 'churn#prod'                   fetches, verifies, writes the file
  reg update churn                        pins to what the rev is by now
  reg validate                            checks all links; for CI

Registering a version takes the commit that the link is in.
`;
