import type { Oid } from '../../domain/event.js';
import { answersIn, type FoundObject } from './batch-answers.js';
import { expectSuccess, type RunGit } from './run-git.js';

/** Reads many objects in one process; those that are missing or corrupt are missing in the answer too. */
export async function readObjects(git: RunGit, oids: readonly Oid[]): Promise<Map<Oid, FoundObject>> {
  const objects = new Map<Oid, FoundObject>();
  for (let rest = [...new Set(oids)]; rest.length > 0; ) {
    const result = await git(['cat-file', '--batch', '--buffer'], `${rest.join('\n')}\n`);
    const answered = parseBatch(result.stdout, objects);
    if (result.code === 0) break;
    if (result.code < 0) expectSuccess(result, 'reading objects');
    // git stops at a corrupt object: that one counts as missing, the ones behind it are asked for again
    rest = rest.slice(answered + 1);
  }
  return objects;
}

function parseBatch(out: Buffer, objects: Map<Oid, FoundObject>): number {
  const { answers } = answersIn(out);
  for (const { oid, object } of answers) if (object) objects.set(oid, object);
  return answers.length;
}

/** How many bytes objects have, without reading them; those that are missing are missing in the answer too. */
export async function readSizes(git: RunGit, oids: readonly Oid[]): Promise<Map<Oid, number>> {
  if (oids.length === 0) return new Map();
  const input = `${[...new Set(oids)].join('\n')}\n`;
  const result = await git(['cat-file', '--batch-check=%(objectname) %(objectsize)', '--buffer'], input);
  const lines = expectSuccess(result, 'reading sizes').toString().split('\n');
  const known = lines.map((line) => line.split(' ')).filter(([, size]) => /^\d+$/.test(size ?? ''));
  return new Map(known.map(([oid = '', size]) => [oid, Number(size)]));
}
