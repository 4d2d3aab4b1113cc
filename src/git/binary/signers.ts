/** Who may sign, by the file that a team keeps. */
export interface Signers {
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
