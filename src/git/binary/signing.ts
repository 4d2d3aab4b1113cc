import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Oid } from '../../domain/event.js';
import { RegError } from '../../errors.js';
import { decodeTag, type TagObject } from '../tag-object.js';
import { expectSuccess, gitIn, type RunGit } from './run-git.js';
import type { Surroundings } from './surroundings.js';
import { makeBareFolder } from './url/bare-folder.js';

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
