import type { GitResult } from './run-git.js';

/** Why a remote has not got what was pushed to it, as far as git told. */
export type WhyNot =
  /** The server had its reasons; asking again would not change them. */
  | { kind: 'refused'; reason: string }
  /** Another push was being written at that moment. */
  | { kind: 'busy'; reason: string }
  /** It is not the tags that the server cannot take, but the turn beside them. */
  | { kind: 'turn' }
  /** There was no answer. */
  | { kind: 'broken' };

/**
 * Reads why a push came to nothing. Whether it did is known by then; this tells people the reason, and whether another try
 * makes sense. It is the one place that looks at what git says, for which git has no codes.
 */
export function whyRefused({ stdout, stderr }: GitResult, turnRef: string): WhyNot {
  const rejected = rejections(stdout.toString());
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
  return isForbidden.test(stderr)
    ? { kind: 'refused', reason: stderr.replaceAll('\n', ' ') }
    : { kind: 'broken' };
}
