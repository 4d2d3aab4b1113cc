// What `reg which` asks, asked of isomorphic-git: list the tags, and read those of one artifact. Alone it makes a registry of
// TAGS tags (1,000 by default) and prints both; given a folder and an artifact, as bench/tags.js does, it only asks.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import git from 'isomorphic-git';
import { compare, printHead, printRow, reg } from './measure.js';
import { artifactName, makeRegistry } from './registry.js';

async function ask(dir, artifact) {
  const cache = {};
  for (const name of await git.listTags({ fs, dir })) {
    if (!name.startsWith(`${artifact}#`) && !name.startsWith(`${artifact}@`)) continue;
    const oid = await git.resolveRef({ fs, dir, ref: `refs/tags/${name}` });
    await git.readTag({ fs, dir, oid, cache });
  }
}

function measure(tags) {
  const cwd = fs.mkdtempSync(join(tmpdir(), 'reg-bench-'));
  try {
    makeRegistry(cwd, tags);
    const artifact = artifactName(7);
    const peer = [process.execPath, fileURLToPath(import.meta.url), cwd, artifact];
    const what = `reg which, ${tags.toLocaleString('en')} tags`;
    printHead('Beside isomorphic-git');
    printRow(
      what,
      compare(reg('which', artifact, 'prod'), [peer], (time) => time, { cwd }),
      'isomorphic-git',
      '1',
    );
  } finally {
    fs.rmSync(cwd, { recursive: true, force: true });
  }
}

const [, , dir, artifact] = process.argv;
if (dir === undefined) measure(Number(process.env.TAGS ?? 1000));
else await ask(dir, artifact);
