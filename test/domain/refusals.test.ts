import { expect, test } from 'vitest';
import { settingBehind } from '../../src/domain/refusals.js';

// the words of the hosts, as docs/hosts.md gives their sources
test.each([
  [
    'error: GH013: Repository rule violations found for refs/tags/churn#prod#3. - Cannot create ref due to creations being restricted. (push declined due to repository rule violations)',
    /^see .* Rulesets on GitHub/,
  ],
  [
    'error: GH006: Protected branch update failed for refs/heads/main. (protected branch hook declined)',
    /Branches on GitHub/,
  ],
  [
    'GitLab: You are not allowed to create this tag as it is protected. (pre-receive hook declined)',
    /Protected tags on GitLab/,
  ],
  ['GitLab: Protected tags cannot be deleted. (pre-receive hook declined)', /Protected tags on GitLab/],
  ['Gitea: Tag churn#prod#3 is protected (pre-receive hook declined)', /Settings > Tags on Gitea or Forgejo/],
  [
    "FATAL: invalid characters in ref or filename: 'refs/tags/churn#prod#1' (hook declined)",
    /REF_OR_FILENAME_PATT/,
  ],
  ['FATAL: W refs/tags/churn.prod.3 m bob DENIED by refs/tags/.*\\x23prod (hook declined)', /\\x23prod/],
  ['FATAL: R any models bob DENIED by fallthru (or you mis-spelled the reponame)', /one has to give you R,/],
  ['prohibited by Gerrit: not permitted: create annotated tag on refs/tags/x', /Create Annotated Tag/],
  ["TF401027: You need the Git 'CreateTag' permission to perform this action.", /Azure DevOps/],
  ['TF402455: Pushes to this branch are not permitted; you must use a pull request.', /Azure DevOps/],
  ['Check your branch permissions configuration with the project administrator.', /on Bitbucket/],
  ['fatal: the receiving end does not support --atomic push', /register the version first/],
])('%s', (reason, hint) => {
  expect(settingBehind(reason)).toMatch(hint);
});

test.each(['pre-receive hook declined', 'remote: no', 'deny updating a hidden ref'])(
  'no host is known by: %s',
  (reason) => expect(settingBehind(reason)).toBeUndefined(),
);
