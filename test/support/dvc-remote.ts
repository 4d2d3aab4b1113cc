import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What DVC makes of a file or a folder: the entry of an output, and the objects of a remote by their keys. */
export interface Tracked {
  /** With `.dir` for a folder. */
  md5: string;
  size: number;
  nfiles: number | undefined;
  /** The major version of DVC that tracked it. */
  dvc: 2 | 3;
  objects: Map<string, Buffer>;
}

/** The md5 of bytes. */
export const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** Where a remote of DVC has an object. */
export const keyOf = (md5: string, dvc: 2 | 3 = 3): string =>
  `${dvc === 3 ? 'files/md5/' : ''}${md5.slice(0, 2)}/${md5.slice(2)}`;

/** Tracks a file as DVC does: up to version 2 the hash of a text is that of its bytes with LF for CRLF. */
export function trackFile(content: string | Uint8Array, dvc: 2 | 3 = 3): Tracked {
  const bytes = Buffer.from(content);
  const isText = dvc === 2 && !bytes.includes(0);
  const md5 = md5Of(
    isText ? Buffer.from(bytes.toString('latin1').replaceAll('\r\n', '\n'), 'latin1') : bytes,
  );
  return { md5, size: bytes.length, nfiles: undefined, dvc, objects: new Map([[keyOf(md5, dvc), bytes]]) };
}

/** Tracks a folder as DVC does. */
export function trackFolder(files: Readonly<Record<string, string | Uint8Array>>, dvc: 2 | 3 = 3): Tracked {
  const tracked = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([relpath, bytes]) => ({ relpath, file: trackFile(bytes, dvc) }));
  const manifest = manifestOf(tracked.map(({ relpath, file: { md5 } }) => ({ md5, relpath })));
  const md5 = `${md5Of(manifest)}.dir`;
  return {
    md5,
    size: tracked.reduce((sum, { file }) => sum + file.size, 0),
    nfiles: tracked.length,
    dvc,
    objects: new Map([[keyOf(md5, dvc), manifest], ...tracked.flatMap(({ file }) => [...file.objects])]),
  };
}

/** A manifest as Python's `json.dumps(…, sort_keys=True)` writes it, in ASCII and with a space behind `,` and `:`. */
export function manifestOf(entries: readonly { md5: string; relpath: string }[]): Buffer {
  const ascii = (text: string): string =>
    JSON.stringify(text).replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  const lines = entries.map(({ md5, relpath }) => `{"md5": ${ascii(md5)}, "relpath": ${ascii(relpath)}}`);
  return Buffer.from(`[${lines.join(', ')}]`);
}

/** The entry of an output as `.dvc` files and `dvc.lock` have it, without a path. */
export function entryOf({ md5, size, nfiles, dvc }: Tracked): Record<string, string | number> {
  return { md5, size, ...(nfiles === undefined ? {} : { nfiles }), ...(dvc === 3 ? { hash: 'md5' } : {}) };
}

/** A list of outputs in YAML, as DVC writes it. */
export function outsText(outs: readonly Record<string, string | number | boolean>[], indent = ''): string {
  const entry = (out: Record<string, string | number | boolean>): string =>
    Object.entries(out)
      .map(([key, value], index) => `${indent}${index === 0 ? '-' : ' '} ${key}: ${value}\n`)
      .join('');
  return `${indent}outs:\n${outs.map(entry).join('')}`;
}

/** A `.dvc` file, as `dvc add` writes it. */
export const dvcFile = (path: string, tracked: Tracked, more: Record<string, string> = {}): string =>
  outsText([{ ...entryOf(tracked), path, ...more }]);

/** A `dvc.lock` with stages of one output each, as `dvc repro` writes it; schema 1 had no key above the stages. */
export function dvcLock(
  stages: Readonly<Record<string, [path: string, tracked: Tracked]>>,
  schema = 2,
): string {
  const indent = schema === 1 ? '  ' : '    ';
  const texts = Object.entries(stages).map(
    ([name, [path, tracked]]) =>
      `${indent.slice(2)}${name}:\n${indent}cmd: python train.py\n${outsText([{ path, ...entryOf(tracked) }], indent)}`,
  );
  return `${schema === 1 ? '' : "schema: '2.0'\nstages:\n"}${texts.join('')}`;
}

/** A `.dvc/config` with one remote, which is the default, as `dvc remote add -d` writes it. */
export const dvcConfig = (url: string, more: Readonly<Record<string, string>> = {}): string =>
  `[core]\n    remote = storage\n['remote "storage"']\n    url = ${url}\n${Object.entries(more)
    .map(([key, value]) => `    ${key} = ${value}\n`)
    .join('')}`;

/** Puts objects into a remote that is a folder. */
export function pushTo(folder: string, ...all: readonly Tracked[]): void {
  mkdirSync(folder, { recursive: true });
  for (const [key, bytes] of all.flatMap(({ objects }) => [...objects])) {
    const path = join(folder, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}
