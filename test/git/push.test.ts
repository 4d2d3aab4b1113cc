import { describe, expect, it } from 'vitest';
import { type WhyRefused, whyRefused } from '../../src/git/program/push.js';

const TURN = 'refs/reg/churn@turn';
const TAG = 'refs/tags/churn@v1.0.0';
const OTHER = 'refs/tags/churn#prod#1';
const OID = 'e76be54b90caac63cdea32b431216a8852919c2d';

/** What git says of a push: `<ref> <summary>` for each ref that was rejected, and its standard error. */
const why = (rejected: readonly string[], stderr: readonly string[]): WhyRefused => {
  const lines = rejected.map((line) => line.replace(/^(\S+) (.*)$/, `!\t${OID}:$1\t$2`));
  const stdout = lines.length === 0 ? '' : ['To ../r.git', ...lines, 'Done', ''].join('\n');
  return whyRefused({ code: 1, stdout: Buffer.from(stdout), stderr: stderr.join('\n') }, [TURN]);
};

const FAILED = "error: failed to push some refs to '../r.git'";
const LOCKED = [
  "remote: error: cannot lock ref 'refs/tags/churn@v1.0.0': Unable to create '/srv/r.git/./refs/tags/churn@v1.0.0.lock': File exists.",
  'remote:',
  'remote: Another git process seems to be running in this repository, e.g.',
];

describe('another push was being written', () => {
  it.each<[string, string[], string[]]>([
    [
      'it holds the lock of one of several refs',
      [TAG, TURN].map((ref) => `${ref} [remote rejected] (atomic transaction failed)`),
      [...LOCKED, FAILED],
    ],
    [
      'it changed a ref after this one looked',
      [TAG, TURN].map((ref) => `${ref} [remote rejected] (atomic transaction failed)`),
      [`remote: error: cannot lock ref '${TAG}': reference already exists`, FAILED],
    ],
    [
      'it holds the lock of the only ref',
      [`${TAG} [remote rejected] (failed to update ref)`],
      [...LOCKED, FAILED],
    ],
    [
      'a server that tells what the ref is at',
      [`${TAG} [remote rejected] (cannot lock ref '${TAG}': is at ${OID} but expected ${'0'.repeat(40)})`],
      [FAILED],
    ],
    ['a server of JGit', [`${TAG} [remote rejected] (failed to lock)`], [FAILED]],
    ['a server of git 2.50: created', [`${TAG} [remote rejected] (reference already exists)`], [FAILED]],
    ['a server of git 2.50: changed', [`${TAG} [remote rejected] (incorrect old value provided)`], [FAILED]],
    ['a server of git 2.50: deleted', [`${TAG} [remote rejected] (reference does not exist)`], [FAILED]],
  ])('%s', (_what, rejected, stderr) => {
    const [, reason = ''] = /\((.*)\)$/.exec(rejected[0] ?? '') ?? [];
    expect(why(rejected, stderr)).toMatchObject({ kind: 'busy', reason: expect.stringContaining(reason) });
  });
});

describe('the server takes no turn', () => {
  it.each<[string, string[], string[]]>([
    [
      'it writes them and does not show them',
      [`${TURN} [rejected] (stale info)`, `${TAG} [rejected] (atomic push failed)`],
      [
        `error: atomic push failed for ref ${TURN}. status: 7`,
        'fatal: the remote end hung up unexpectedly',
        FAILED,
      ],
    ],
    ['it hides refs of that kind', [`${TURN} [remote rejected] (deny updating a hidden ref)`], [FAILED]],
    [
      'a hook knows tags alone',
      [
        `${TAG} [remote rejected] (atomic push failure)`,
        `${OTHER} [remote rejected] (atomic push failure)`,
        `${TURN} [remote rejected] (hook declined)`,
      ],
      ['remote: tags only', `remote: error: hook declined to update ${TURN}`, FAILED],
    ],
    ['Gerrit', [`${TURN} [remote rejected] (prohibited by Gerrit: not permitted: create)`], [FAILED]],
    [
      'it takes one ref at a time',
      [],
      [
        'fatal: the receiving end does not support --atomic push',
        'fatal: the remote end hung up unexpectedly',
      ],
    ],
  ])('%s', (_what, rejected, stderr) => {
    expect(why(rejected, stderr)).toEqual({ kind: 'turn' });
  });
});

describe('the server refused, and gives its reason', () => {
  it.each<[string, string[], string[], string]>([
    [
      'a hook',
      [TAG, TURN].map((ref) => `${ref} [remote rejected] (pre-receive hook declined)`),
      ['remote: Only Ann may push to prod.', FAILED],
      'Only Ann may push to prod. (pre-receive hook declined)',
    ],
    [
      'a hook without a word',
      [TAG, TURN].map((ref) => `${ref} [remote rejected] (pre-receive hook declined)`),
      [FAILED],
      'pre-receive hook declined',
    ],
    [
      'a hook of one of the tags',
      [
        `${TAG} [remote rejected] (atomic push failure)`,
        `${OTHER} [remote rejected] (hook declined)`,
        `${TURN} [remote rejected] (atomic push failure)`,
      ],
      ['remote: not to prod', `remote: error: hook declined to update ${OTHER}`, FAILED],
      `not to prod error: hook declined to update ${OTHER} (hook declined)`,
    ],
    [
      'a hook that takes neither tags nor turns',
      [`${TAG} [remote rejected] (hook declined)`, `${TURN} [remote rejected] (hook declined)`],
      ['remote: no', FAILED],
      'no (hook declined)',
    ],
    [
      'GitHub: a ruleset',
      [TAG, TURN].map((ref) => `${ref} [remote rejected] (push declined due to repository rule violations)`),
      [
        `remote: error: GH013: Repository rule violations found for ${TAG}.`,
        'remote:',
        'remote: - Cannot create ref due to creations being restricted.',
        FAILED,
      ],
      `error: GH013: Repository rule violations found for ${TAG}. - Cannot create ref due to creations being restricted. (push declined due to repository rule violations)`,
    ],
    [
      'GitLab: a protected tag',
      [TAG, TURN].map((ref) => `${ref} [remote rejected] (pre-receive hook declined)`),
      ['remote: GitLab: You are not allowed to create this tag as it is protected.', FAILED],
      'GitLab: You are not allowed to create this tag as it is protected. (pre-receive hook declined)',
    ],
    [
      'a broken object',
      [TAG, TURN].map((ref) => `${ref} [remote rejected] (unpacker error)`),
      [
        `remote: error: object ${OID}: missingEmail: invalid author/committer line - missing email`,
        'remote: fatal: fsck error in packed object',
        'error: remote unpack failed: unpack-objects abnormal exit',
        FAILED,
      ],
      `error: object ${OID}: missingEmail: invalid author/committer line - missing email fatal: fsck error in packed object (unpacker error)`,
    ],
    [
      'a name that another ref leaves no room for',
      [TAG, TURN].map((ref) => `${ref} [remote rejected] (atomic transaction failed)`),
      [
        "remote: error: cannot lock ref 'refs/tags/churn/x@v1.0.0': 'refs/tags/churn' exists; cannot create 'refs/tags/churn/x@v1.0.0'",
        FAILED,
      ],
      "error: cannot lock ref 'refs/tags/churn/x@v1.0.0': 'refs/tags/churn' exists; cannot create 'refs/tags/churn/x@v1.0.0' (atomic transaction failed)",
    ],
    ['a reason with brackets', [`${TAG} [remote rejected] (no (really))`], [FAILED], 'no (really)'],
    ['a summary without a reason', [`${TAG} [no match]`], [FAILED], '[no match]'],
  ])('%s', (_what, rejected, stderr, reason) => {
    expect(why(rejected, stderr)).toEqual({ kind: 'refused', reason });
  });

  it('a deletion, whose line begins with a colon', () => {
    const stdout = `To ../r.git\n!\t:${TAG}\t[remote rejected] (deletion prohibited)\n!\t${OID}:${TURN}\t[remote rejected] (atomic push failure)\nDone\n`;
    const result = { code: 1, stdout: Buffer.from(stdout), stderr: FAILED };
    expect(whyRefused(result, [TURN])).toEqual({ kind: 'refused', reason: 'deletion prohibited' });
  });
});

describe('the server did not look at any ref', () => {
  it.each([
    "fatal: unable to access 'https://example.com/r.git/': The requested URL returned error: 403",
    "fatal: Authentication failed for 'https://example.com/r.git/'",
    "fatal: could not read Username for 'https://example.com': terminal prompts disabled",
    'git@example.com: Permission denied (publickey).\nfatal: Could not read from remote repository.',
    'remote: Permission to org/r.git denied to ann.\nfatal: unable to access',
    'ERROR: Repository not found.\nfatal: Could not read from remote repository.',
    'fatal: remote error: access denied or repository not exported: /r.git',
    'fatal: remote error: service not enabled: /r.git',
    "remote: TF401027: You need the Git 'CreateTag' permission to perform this action. access denied",
  ])('because it will not let anybody in: %j', (stderr) => {
    expect(why([], stderr.split('\n'))).toEqual({ kind: 'refused', reason: stderr.replaceAll('\n', ' ') });
  });

  it.each([
    "fatal: '../nowhere.git' does not appear to be a git repository",
    "fatal: unable to access 'https://example.com/r.git/': Could not resolve host: example.com",
    "fatal: unable to access 'http://127.0.0.1:1/': Failed to connect to 127.0.0.1 port 1: Connection refused",
    "fatal: repository 'https://example.com/r.git/' not found",
    'fatal: the remote end hung up upon initial contact',
    'fatal: unable to connect to example.com:\nexample.com[0: 192.0.2.1]: errno=Connection refused',
    'ssh: connect to host example.com port 22: Connection timed out\nfatal: Could not read from remote repository.',
    'ssh: connect to host example.com port 22: Connection timed out',
  ])('because it was not reached: %j', (stderr) => {
    expect(why([], stderr.split('\n'))).toEqual({ kind: 'unreached' });
  });

  it.each([
    '',
    'error: RPC failed; HTTP 500 curl 22 The requested URL returned error: 500\nfatal: the remote end hung up unexpectedly',
    'error: RPC failed; HTTP 503 curl 22 The requested URL returned error: 503',
    'fatal: the remote end hung up unexpectedly\nfatal: early EOF',
    'send-pack: unexpected disconnect while reading sideband packet',
    // git asks for commits first, and pushes all the same when that fails
    "fatal: unable to access 'https://example.com/r.git/': Empty reply\nwarning: push negotiation failed; proceeding anyway with push\nerror: RPC failed; curl 52 Empty reply from server",
  ])('or it was, and there was no answer: %j', (stderr) => {
    expect(why([], stderr.split('\n'))).toEqual({ kind: 'unanswered' });
  });

  it.each([
    "fatal: --mirror can't be combined with refspecs",
    'fatal: the receiving end does not support --signed push',
    'fatal: the receiving end does not support push options',
    "fatal: bad boolean config value 'maybe' for 'push.autosetupremote'",
    'error: src refspec refs/tags/x does not match any\nerror: failed to push some refs',
  ])('because git itself refuses: %j', (stderr) => {
    expect(why([], stderr.split('\n'))).toEqual({ kind: 'unsent' });
  });

  it('or the outcome is unknown, where git was ended', () => {
    const stderr = "fatal: unable to access 'https://example.com/r.git/': no sign";
    expect(whyRefused({ code: -3, stdout: Buffer.alloc(0), stderr }, [TURN])).toEqual({ kind: 'unanswered' });
  });
});
