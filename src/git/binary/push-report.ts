import type { GitResult } from '../program/run.js';

/** Why a remote has not got what was pushed to it, as far as git told. */
export type WhyNot =
  /** The server had its reasons; asking again would not change them. */
  | { kind: 'refused'; reason: string }
  /** Another push was being written at that moment. */
  | { kind: 'busy'; reason: string }
  /** It is not the tags that the server cannot take, but the turn beside them. */
  | { kind: 'turn' }
  /** The remote was not reached, so that nothing was sent. */
  | { kind: 'unreached' }
  /** Something may have been sent, and there was no answer. */
  | { kind: 'unanswered' };

/**
 * Reads why a push came to nothing. Whether it did is known by then; this tells people the reason, and whether another try
 * makes sense. It is the one place that looks at what git says, for which git has no codes.
 */
export function whyRefused({ code, stdout, stderr }: GitResult, turnRef: string | undefined): WhyNot {
  const rejected = rejections(stdout.toString());
  // a git that was ended before its time tells nothing of how far it got
  if (code < 0) return { kind: 'unanswered' };
  if (rejected.length === 0) return withoutReport(stderr);
  const guilty = rejected.filter(({ reason }) => !INNOCENT.test(reason));
  const { reason } = guilty[0] ?? { reason: 'atomic push failed' };
  const isTurnAlone = guilty.length > 0 && guilty.every(({ refName }) => refName === turnRef);
  // out of date although it was read just now: a server that shows no such refs
  if (isTurnAlone && (reason === 'stale info' || !BUSY.test(reason))) return { kind: 'turn' };
  if (guilty.every((one) => BUSY.test(one.reason)) && !IN_THE_WAY.test(stderr))
    return { kind: 'busy', reason: withRemarks(reason, stderr) };
  return { kind: 'refused', reason: withRemarks(reason, stderr) };
}

/** A tag `churn` where `churn/x` is to be: no other try would help. */
const IN_THE_WAY = /exists; cannot create/;
/** What receive-pack reports of refs that would have been taken (git's builtin/receive-pack.c). */
const INNOCENT = /^atomic (push failure|push failed)$/;
/** What it reports when another push holds a ref's lock, and git-push when a lease is out of date. */
const BUSY =
  /^(atomic transaction failed|failed to update ref|failed to lock|cannot lock ref .*|stale info|reference already exists|incorrect old value provided|reference does not exist)$/;

interface Rejection {
  refName: string;
  reason: string;
}

/** Lines such as `!<TAB>0123…:refs/tags/x<TAB>[remote rejected] (pre-receive hook declined)` (git-push(1), OUTPUT). */
function rejections(stdout: string): Rejection[] {
  return stdout.split('\n').flatMap((line) => {
    const [flag, names = '', summary = ''] = line.split('\t');
    if (flag !== '!') return [];
    const reason = /\((.*)\)\s*$/.exec(summary)?.[1] ?? summary;
    return [{ refName: names.slice(names.indexOf(':') + 1), reason }];
  });
}

/** A reason, after what the server or its hooks had to say. */
function withRemarks(reason: string, stderr: string): string {
  const said = stderr
    .split('\n')
    .flatMap((line) => (line.startsWith('remote: ') ? [line.slice('remote: '.length).trim()] : []))
    .filter((line) => line !== '')
    .join(' ');
  return said === '' ? reason : `${said} (${reason})`;
}

/** Git gave up before the server looked at any ref. */
function withoutReport(stderr: string): WhyNot {
  if (/does not support --atomic/.test(stderr)) return { kind: 'turn' };
  const isForbidden =
    /returned error: 40[0-9]|Authentication failed|could not read (Username|Password)|Permission denied|access denied|not allowed|not enabled|protected|denied to|Repository not found|read[- ]only/i;
  if (isForbidden.test(stderr)) return { kind: 'refused', reason: stderr.replaceAll('\n', ' ') };
  return { kind: UNREACHED.test(stderr) && !BEGUN.test(stderr) ? 'unreached' : 'unanswered' };
}

/**
 * How git fails before it knows the refs of the remote (its remote-curl.c and connect.c). It may say so as well of the
 * commits that it asks for first, and then go on to push.
 */
const UNREACHED =
  /unable to (access|connect to|look up) |Could not read from remote repository|hung up upon initial contact|does not appear to be a git repository|repository '.*' not found|^ssh: (connect to host|Could not resolve) /m;
/** How it fails from then on. */
const BEGUN = /RPC failed|unexpected disconnect|hung up unexpectedly/;
