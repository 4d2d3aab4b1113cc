import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Env, Sandbox } from './repo.js';

/** A person with an address and an SSH key that was made for one test. */
export interface Person {
  name: string;
  email: string;
  /** Makes git and `reg` act for this person; signing takes `--sign` beside it. */
  env: Env;
  /** The same, with every tag signed. */
  signing: Env;
  /** The public key: `ssh-ed25519 AAAA…`. */
  key: string;
}

/** Makes a person. */
export function person(box: Sandbox, name: string): Person {
  const path = join(box.root, `key-${name}`);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path], { stdio: 'pipe' });
  const email = `${name.toLowerCase()}@example.com`;
  const settings = (...pairs: [string, string][]): Env => ({
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_CONFIG_COUNT: String(pairs.length),
    ...Object.fromEntries(
      pairs.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  });
  const keys: [string, string][] = [
    ['gpg.format', 'ssh'],
    ['user.signingKey', path],
  ];
  return {
    name,
    email,
    env: settings(...keys),
    signing: settings(...keys, ['tag.gpgSign', 'true']),
    key: readFileSync(`${path}.pub`, 'utf8').trim(),
  };
}

/** The file of allowed signers for these people. */
export const signersFile = (...people: readonly Person[]): string =>
  people.map(({ email, key }) => `${email} namespaces="git" ${key}\n`).join('');
