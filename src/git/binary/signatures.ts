import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import type { Signature } from '../../domain/signature.js';
import type { SignatureReader } from '../port.js';
import { expectSuccess, type RunGit } from './run-git.js';
import { readSigners, type Signers } from './signers.js';
import { verdictOf } from './verdict.js';

/** So many tags are named on one command line. */
const MANY = 200;

/** Checks signatures with `git verify-tag`, which asks gpg or ssh-keygen as git's configuration says. */
export const binarySignatures = (git: RunGit): SignatureReader => ({
  checkSignatures: async (oids, file) => {
    const found = new Map<Oid, Signature>();
    if (oids.length === 0) return found;
    const signers = file && readSigners(file);
    const folder = await mkdtemp(join(tmpdir(), 'reg-signers-'));
    try {
      const allowed = join(folder, 'allowed');
      if (signers) await writeFile(allowed, signers.ssh);
      const settings = signers ? ['-c', `gpg.ssh.allowedSignersFile=${allowed}`] : [];
      for (let at = 0; at < oids.length; at += MANY)
        for (const [oid, signature] of await check(git, settings, oids.slice(at, at + MANY), signers))
          found.set(oid, signature);
      return found;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
});

/**
 * One run for many tags. What it says of them comes one after the other; a name behind each that no tag has makes git say
 * so, and that is where the next one begins. Nobody who makes a tag knows that name.
 */
async function check(
  git: RunGit,
  settings: readonly string[],
  oids: readonly Oid[],
  signers: Signers | undefined,
): Promise<[Oid, Signature][]> {
  const mark = crypto.randomUUID();
  const names = oids.flatMap((oid) => [oid, mark]);
  const result = await git([...settings, 'verify-tag', '--raw', ...names]);
  if (result.code < 0) expectSuccess(result, 'checking signatures');
  const parts = result.stderr.split(new RegExp(`^.*${mark}.*$`, 'm'));
  return oids.flatMap((oid, index): [Oid, Signature][] => {
    const signature = verdictOf(parts[index]?.trim().split('\n') ?? [], signers);
    return signature === undefined ? [] : [[oid, signature]];
  });
}
