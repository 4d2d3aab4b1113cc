// What git hosts answer to a push that their own settings forbid. Each host words it in its own way, and none names the setting, so
// that this table does. docs/hosts.md has the settings, with the sources of the messages.

/** What a server says, and which setting decides there. The first row that fits counts. */
const REFUSALS: readonly (readonly [message: RegExp, hint: string])[] = [
  [
    /GH013|repository rule violations/i,
    'see Settings > Rules > Rulesets on GitHub: the bypass list of the tag ruleset names those who may push this tag',
  ],
  [
    /GH006|protected branch hook declined/i,
    'see Settings > Branches on GitHub: its protection rules name those who may push',
  ],
  [
    /allowed to create this tag as it is protected|protected tags cannot be (?:updated|deleted)|delete a? ?protected tags?|GitLab: .*\btags?\b/i,
    'see Settings > Repository > Protected tags on GitLab: "Allowed to create" names those who may push this tag',
  ],
  [
    /\bTag \S+ is protected/,
    'see Settings > Tags on Gitea or Forgejo: the rule that matches this tag names the users and teams who may push it',
  ],
  [
    /invalid characters in ref or filename/,
    'allow # in refs on the gitolite server, in ~/.gitolite.rc before its last line: $REF_OR_FILENAME_PATT = qr(^[0-9a-zA-Z][-0-9a-zA-Z._\\@/+ :,#!=%]*$);',
  ],
  [
    /\b[RW] any \S+ \S+ DENIED by/,
    'see the name of the repository and its rules in conf/gitolite.conf: one has to give you R, and RW to push',
  ],
  [
    /\bDENIED by /,
    'see the rules of this repository in conf/gitolite.conf; # begins a comment there, so that a rule about #prod is written with \\x23prod',
  ],
  [
    /prohibited by Gerrit/i,
    'see the access rights of the project in Gerrit: Create Annotated Tag, or Create Signed Tag, on the tag',
  ],
  [
    /TF40102\d|TF402455/,
    'see Project settings > Repositories > Security on Azure DevOps: Contribute and Create tag',
  ],
  [
    /check your branch permissions configuration|permission denied to update (?:branch|tag)|branch permissions/i,
    'see Repository settings > Branch permissions on Bitbucket, whose patterns match tags too',
  ],
  [
    /does not support --atomic/,
    'push one tag at a time, because this server takes no atomic push: register the version first, then assign it',
  ],
];

/**
 * The hint about the setting of a git host by which it refused.
 * @param reason the messages of the server and of git
 * @returns undefined where no host is known by these words
 */
export const settingBehind = (reason: string): string | undefined =>
  REFUSALS.find(([message]) => message.test(reason))?.[1];
