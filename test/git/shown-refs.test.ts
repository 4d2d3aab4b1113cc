import { expect, test } from 'vitest';
import { gitTags } from '../../src/git/program/tags.js';

// a name as long as this makes a list of some thousand refs longer than what is read at a time
const LONG = 'größe'.repeat(30);
const ID = { tag: 'a'.repeat(40), commit: 'b'.repeat(40) };

/** Annotated tags, and every third a lightweight one. */
const REFS = Array.from({ length: 3000 }, (_, index) => ({
  name: `${String(index).padStart(4, '0')}-${index % 7 === 0 ? LONG : 'x'.repeat(180)}`,
  oid: ID.tag,
  peeled: index % 3 === 0 ? undefined : ID.commit,
}));
const LIST = Buffer.from(
  REFS.map(({ name, oid, peeled }) => {
    const first = `${oid} refs/tags/${name}`;
    return peeled === undefined ? `${first}\n` : `${first}\n${peeled} refs/tags/${name}^{}\n`;
  }).join(''),
);

async function listed(sizes: readonly number[]): Promise<unknown[]> {
  const tags = gitTags(
    async (_args, _input, take) => {
      let at = 0;
      for (const size of [...sizes, LIST.length]) {
        take?.(LIST.subarray(at, at + size));
        at += size;
      }
      return { code: 0, stdout: Buffer.alloc(0), stderr: '' };
    },
    () => {
      throw new Error('no object is asked for');
    },
  );
  return Array.from((await tags.list('all')).refs, ({ name, oid, peeled }) => ({ name, oid, peeled }));
}

test('refs are the same wherever the output of git is cut', async () => {
  expect(await listed([])).toEqual(REFS);
  expect(await listed(Array.from({ length: 200 }, () => 7919))).toEqual(REFS);
  // the cut goes through both lines of a ref, and through letters of several bytes
  for (let more = 0; more < 700; more += 53) expect(await listed([(1 << 20) + more])).toEqual(REFS);
});
