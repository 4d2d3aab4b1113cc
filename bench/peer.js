// What `reg which` asks, asked of isomorphic-git: list the tags, and read those of one artifact. Run by bench/tags.js.
import fs from 'node:fs';
import git from 'isomorphic-git';

const [, , dir, artifact] = process.argv;
const cache = {};
for (const name of await git.listTags({ fs, dir })) {
  if (!name.startsWith(`${artifact}#`) && !name.startsWith(`${artifact}@`)) continue;
  const oid = await git.resolveRef({ fs, dir, ref: `refs/tags/${name}` });
  await git.readTag({ fs, dir, oid, cache });
}
