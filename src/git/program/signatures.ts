import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import type { Signature } from '../../domain/signature.js';
import { RegError } from '../../errors.js';
import { inOwnFolder } from '../../util/safe-files.js';
import type { Signatures } from '../port.js';
import { decodeTag, type TagObject } from '../tag-object.js';
import {
  expectSuccess,
  gitIn,
  type RunGit,
  type Setting,
  type Surroundings,
  unhurried,
  withSettings,
} from './run.js';

/** How many tags are named on one command line. */
const TAGS_A_RUN = 200;

/** Checks signatures with `git verify-tag`, which runs the program of git's configuration: gpg or ssh-keygen. */
export const gitSignatures = (git: RunGit): Signatures => ({
  check: async (oids, file) => {
    const found = new Map<Oid, Signature>();
    if (oids.length === 0) return found;
    const signers = file && readSigners(file);
    return inOwnFolder('signers', async (folder) => {
      const allowed = join(folder, 'allowed');
      if (signers) await writeFile(allowed, signers.ssh);
      const settings = signers ? ['-c', `gpg.ssh.allowedSignersFile=${allowed}`] : [];
      for (let at = 0; at < oids.length; at += TAGS_A_RUN)
        for (const [oid, signature] of await check(git, settings, oids.slice(at, at + TAGS_A_RUN), signers))
          found.set(oid, signature);
      return found;
    });
  },
});

/**
 * One run for many tags. Behind each tag comes a random name, which no tag has; the message of git about it separates the
 * messages about one tag from those about the next.
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

/** The message of ssh-keygen about a good signature, which git itself parses (git's gpg-interface.c). */
const SSH_GOOD = /^Good "git" signature (?:for (.+) )?with \S+ key (\S+)$/;
/** A line of gpg's status channel (GnuPG's doc/DETAILS). */
const GPG = /^\[GNUPG:\] (\S+) ?(.*)$/;
const GPG_BAD = new Set(['BADSIG', 'ERRSIG', 'EXPSIG', 'EXPKEYSIG', 'REVKEYSIG']);

/**
 * The verdict in the messages of `git verify-tag --raw` about one tag; undefined when it has no signature.
 * @param signers the owners of keys; without it, the keyring decides about OpenPGP keys
 */
export function verdictOf(lines: readonly string[], signers: Signers | undefined): Signature | undefined {
  const status = lines.flatMap((line) => {
    const [, keyword, rest = ''] = GPG.exec(line) ?? [];
    return keyword === undefined ? [] : [{ keyword, rest }];
  });
  if (status.length > 0) return gpgVerdict(status, signers);
  const [, signer, key] = SSH_GOOD.exec(lines[0] ?? '') ?? [];
  if (key !== undefined)
    return signer === undefined
      ? { verdict: 'unknown', signer: null, key }
      : { verdict: 'good', signer, key };
  if (lines.some((line) => line.includes('no signature found'))) return undefined;
  if (lines.some((line) => line.includes('allowedSignersFile'))) return UNKNOWN;
  return BAD;
}

const UNKNOWN: Signature = { verdict: 'unknown', signer: null, key: null };
const BAD: Signature = { verdict: 'bad', signer: null, key: null };

type Status = readonly { keyword: string; rest: string }[];

function gpgVerdict(status: Status, signers: Signers | undefined): Signature {
  const restOf = (keyword: string): string | undefined => status.find((one) => one.keyword === keyword)?.rest;
  // VALIDSIG begins with the key that signed, and ends with the primary key
  const valid = restOf('VALIDSIG')?.split(' ');
  const key = valid?.at(-1) || valid?.[0] || null;
  if (restOf('NO_PUBKEY') !== undefined)
    return { verdict: 'unknown', signer: null, key: restOf('NO_PUBKEY') ?? null };
  const good = restOf('GOODSIG');
  if (good === undefined || key === null || status.some(({ keyword }) => GPG_BAD.has(keyword)))
    return { ...BAD, key };
  const signer = signers === undefined ? addressIn(good) : signers.openpgp.get(key);
  return signer === undefined ? { verdict: 'unknown', signer: null, key } : { verdict: 'good', signer, key };
}

/** The address in `GOODSIG <key> Ann Lee <ann@example.com>`. */
const addressIn = (text: string): string | undefined => /<([^<>\s]+)>\s*$/.exec(text)?.[1];

/** Who may sign, from the file of allowed signers of a team. */
interface Signers {
  /** The lines about SSH keys, as ssh-keygen reads them (ssh-keygen(1), ALLOWED SIGNERS). */
  ssh: string;
  /** The owners of OpenPGP keys, by fingerprint. */
  openpgp: ReadonlyMap<string, string>;
}

/** A line about an OpenPGP key: `ann@example.com openpgp 0123 … CDEF`. */
const OPENPGP = /^(\S+)\s+openpgp\s+([0-9a-f][0-9a-f ]{38,}[0-9a-f])\s*$/i;

/** Reads a file of allowed signers, which may have lines about OpenPGP keys too. */
export function readSigners(file: Uint8Array): Signers {
  const ssh: string[] = [];
  const openpgp = new Map<string, string>();
  for (const line of new TextDecoder().decode(file).split(/\r?\n/)) {
    const [, principals = '', fingerprint = ''] = OPENPGP.exec(line.trim()) ?? [];
    if (fingerprint === '') ssh.push(line);
    else openpgp.set(fingerprint.replaceAll(' ', '').toUpperCase(), principals);
  }
  return { ssh: `${ssh.join('\n')}\n`, openpgp };
}

/** Signs tags. */
export interface Signer {
  /** Whether git's configuration asks for a signature on every tag. */
  signsTags(): Promise<boolean>;
  /** Stores a signed tag object. */
  signTag(tag: TagObject): Promise<Oid>;
}

/** The repository that a signed tag is written to. */
interface Storage {
  objects: string;
  /** `sha1` or `sha256`. */
  format: string;
  /** Its settings of keys and programs, from all files of its configuration. */
  settings: readonly Setting[];
}

/**
 * Signs tags with `git tag --sign`, so that programs, keys and agents are those of git's configuration. That command also
 * writes a ref, which must not be seen yet. So it runs in a temporary repository, with the settings and the object folder of
 * the real one.
 */
export function gitSigner(git: RunGit, folder: string, around: Surroundings): Signer {
  return {
    signsTags: async () => (await git(SIGNS)).stdout.toString().trim() === 'true',
    signTag: async (tag) => {
      const storage = await storageOf(git);
      return inOwnFolder('sign', async (scratch) => {
        await makeScratch(scratch, storage.format);
        const env = variablesOf(scratch, storage, tag, around.env);
        // a person may have to type a passphrase or touch a key
        return sign(gitIn(folder, unhurried({ ...around, env })), scratch, tag);
      });
    },
  };
}

/** With a default, git does not fail where there is no setting. */
const SIGNS = ['config', '--type=bool', '--default=false', '--get', 'tag.gpgSign'] as const;

async function storageOf(git: RunGit): Promise<Storage> {
  const [places, listed] = await Promise.all([
    git(['rev-parse', '--path-format=absolute', '--git-path', 'objects', '--show-object-format']),
    // a file that is included for the folder of the real repository is not included for another folder
    git(['config', '-z', '--get-regexp', '^(user|gpg)\\.']),
  ]);
  const [objects = '', format = ''] = expectSuccess(places, 'looking at the repository')
    .toString()
    .split('\n');
  const settings = listed.stdout
    .toString()
    .split('\0')
    .slice(0, -1)
    .map((entry) => [entry.replace(/\n[\s\S]*/, ''), entry.replace(/^[^\n]*\n?/, '')] as const);
  return { objects, format, settings };
}

async function makeScratch(scratch: string, format: string): Promise<void> {
  const isNew = format !== 'sha1';
  const lines = [
    `[core]\n\trepositoryformatversion = ${isNew ? 1 : 0}\n\tbare = true`,
    ...(isNew ? [`[extensions]\n\tobjectFormat = ${format}`] : []),
  ];
  // all that git takes for a repository, but for the objects, which are those of the real one (gitrepository-layout(5))
  await mkdir(join(scratch, 'refs'));
  await writeFile(join(scratch, 'config'), `${lines.join('\n')}\n`);
  await writeFile(join(scratch, 'HEAD'), 'ref: refs/heads/none\n');
}

function variablesOf(
  scratch: string,
  { objects, settings }: Storage,
  { tagger, date, zone }: TagObject,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  return {
    // hooks of the repository are about its own refs
    ...withSettings(env, [...settings, ['core.hooksPath', join(scratch, 'no-hooks')]]),
    GIT_DIR: scratch,
    GIT_OBJECT_DIRECTORY: objects,
    GIT_COMMITTER_NAME: tagger.name,
    GIT_COMMITTER_EMAIL: tagger.email,
    GIT_COMMITTER_DATE: `@${date} ${zone}`,
  };
}

async function sign(git: RunGit, scratch: string, { tag, object, message }: TagObject): Promise<Oid> {
  const args = ['tag', '--sign', '--cleanup=verbatim', '--file=-', '--end-of-options', tag, object];
  const result = await git(args, message);
  if (result.code !== 0) throw notSigned(tag, result.stderr);
  const oid = (await readFile(join(scratch, 'refs', 'tags', tag), 'utf8')).trim();
  // with a key that it cannot read, git 2.39 leaves the signature out and ends with success
  const made = expectSuccess(await git(['cat-file', 'tag', oid]), 'reading a tag object');
  if (decodeTag(made).signature === undefined) throw notSigned(tag, result.stderr);
  return oid;
}

function notSigned(tag: string, messages: string): RegError {
  const why = messages
    .replaceAll(/^(error|fatal): /gm, '')
    .split('\n')
    .filter(Boolean)
    .join('; ');
  return new RegError(
    'SIGNING_FAILED',
    `git could not sign ${tag}: ${why || 'it does not say why'}`,
    'nothing was written; see git-config(1) for user.signingKey and gpg.format, or write without a signature: --no-sign',
  );
}
