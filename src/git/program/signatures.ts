import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import type { Signature } from '../../domain/signature.js';
import { RegError } from '../../errors.js';
import { makeBareFolder } from '../binary/url/bare-folder.js';
import type { SignatureReader } from '../port.js';
import { decodeTag, type TagObject } from '../tag-object.js';
import { expectSuccess, gitIn, type RunGit, type Surroundings } from './run.js';

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

/** What ssh-keygen says, in the words that git itself goes by (git's gpg-interface.c). */
const SSH_GOOD = /^Good "git" signature (?:for (.+) )?with \S+ key (\S+)$/;
/** What gpg says on its status channel (GnuPG's doc/DETAILS). */
const GPG = /^\[GNUPG:\] (\S+) ?(.*)$/;
const GPG_BAD = new Set(['BADSIG', 'ERRSIG', 'EXPSIG', 'EXPKEYSIG', 'REVKEYSIG']);

/**
 * Reads what `git verify-tag --raw` said of one tag; undefined when it has no signature.
 * @param signers whom keys belong to; without it, what the keyring says of OpenPGP keys counts
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
  // VALIDSIG names the key that signed first, and the key that it belongs to last
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

/** Who may sign, by the file that a team keeps. */
interface Signers {
  /** The lines about SSH keys, as ssh-keygen reads them (ssh-keygen(1), ALLOWED SIGNERS). */
  ssh: string;
  /** Whom OpenPGP keys belong to, by fingerprint. */
  openpgp: ReadonlyMap<string, string>;
}

/** A line about an OpenPGP key: `ann@example.com openpgp 0123 … CDEF`. */
const OPENPGP = /^(\S+)\s+openpgp\s+([0-9a-f][0-9a-f ]{38,}[0-9a-f])\s*$/i;

/** Takes apart a file of allowed signers, in which lines about OpenPGP keys are allowed too. */
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

/** How the repository is stored that a signed tag is to be in. */
interface Storage {
  objects: string;
  /** `sha1` or `sha256`. */
  format: string;
  /** What its configuration says of keys and programs, wherever that is written. */
  settings: readonly (readonly [key: string, value: string])[];
}

/**
 * Signs tags with `git tag --sign`, so that programs, keys and agents are those of git's configuration. It also makes a ref,
 * which must not be seen before the tag's turn has come: so it works in a repository of its own, which has the keys and the
 * objects of the real one and is thrown away.
 * @param around what the real repository is opened with
 */
export function binarySigner(git: RunGit, folder: string, around: Surroundings): Signer {
  return {
    signsTags: async () => (await git(SIGNS)).stdout.toString().trim() === 'true',
    signTag: async (tag) => {
      const storage = await storageOf(git);
      const scratch = await mkdtemp(join(tmpdir(), 'reg-sign-'));
      try {
        await makeScratch(scratch, storage.format);
        const env = variablesOf(scratch, storage, tag, around.env);
        return await sign(gitIn(folder, { ...around, env }), scratch, tag);
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}

/** With a default, no setting is an answer too, and not a failure. */
const SIGNS = ['config', '--type=bool', '--default=false', '--get', 'tag.gpgSign'] as const;

async function storageOf(git: RunGit): Promise<Storage> {
  const [places, listed] = await Promise.all([
    git(['rev-parse', '--path-format=absolute', '--git-path', 'objects', '--show-object-format']),
    // a file that is included for the folder of the real repository would not be for that of the other
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
  await writeFile(join(scratch, 'config'), `${lines.join('\n')}\n`);
  await makeBareFolder(scratch);
}

function variablesOf(
  scratch: string,
  { objects, settings }: Storage,
  { tagger, date, zone }: TagObject,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const count = Number(env.GIT_CONFIG_COUNT) || 0;
  // hooks of the repository are about its own refs
  const all = [...settings, ['core.hooksPath', join(scratch, 'no-hooks')] as const];
  const numbered = all.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${count + index}`, key],
    [`GIT_CONFIG_VALUE_${count + index}`, value],
  ]);
  return {
    ...env,
    ...Object.fromEntries(numbered),
    GIT_CONFIG_COUNT: String(count + all.length),
    GIT_DIR: scratch,
    GIT_OBJECT_DIRECTORY: objects,
    GIT_COMMITTER_NAME: tagger.name,
    GIT_COMMITTER_EMAIL: tagger.email,
    GIT_COMMITTER_DATE: `@${date} ${zone}`,
    // somebody may have to type a passphrase or touch a key
    REG_TIMEOUT: '86400',
  };
}

async function sign(git: RunGit, scratch: string, { tag, object, message }: TagObject): Promise<Oid> {
  const args = ['tag', '--sign', '--cleanup=verbatim', '--file=-', '--end-of-options', tag, object];
  const result = await git(args, message);
  if (result.code !== 0) throw notSigned(tag, result.stderr);
  const oid = (await readFile(join(scratch, 'refs', 'tags', tag), 'utf8')).trim();
  // git 2.39 takes a key that cannot be read for a reason to leave the signature out, and ends with success
  const made = expectSuccess(await git(['cat-file', 'tag', oid]), 'reading a tag object');
  if (decodeTag(made).signature === undefined) throw notSigned(tag, result.stderr);
  return oid;
}

function notSigned(tag: string, said: string): RegError {
  const why = said
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
