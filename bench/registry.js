// Makes registries of any size in seconds: the objects as one pack, the refs as git packs them, or as files.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';

const TYPES = { commit: 1, tag: 4 };
const EVENTS_EACH = 100;
const COMMITS = 1000;

/** The name of one of the artifacts: there is one for each hundred tags. */
export const artifactName = (index) => `model-${String(index).padStart(5, '0')}`;

const who = (second) => `A <a@example.com> ${1_600_000_000 + second} +0000`;

/** Names and messages of an artifact's events: versions and, behind each, its assignment to one of three stages. */
function* eventsOf(artifact) {
  for (let number = 1; number <= EVENTS_EACH; number += 2) {
    const version = `v1.${number}.0`;
    const stage = ['dev', 'staging', 'prod'][((number - 1) / 2) % 3];
    yield [`${artifact}@${version}`, `Register ${artifact} ${version}\n`];
    yield [
      `${artifact}#${stage}#${number + 1}`,
      `Assign ${artifact} ${version} to ${stage}\n\nReg-Version: ${version}\n`,
    ];
  }
}

/** A pack that is written as objects come (gitformat-pack(5)); each gives its id. */
function packWriter(path, count) {
  const file = openSync(path, 'w');
  const checksum = createHash('sha1');
  let pending = [];
  let size = 0;
  const flush = () => {
    const bytes = Buffer.concat(pending);
    checksum.update(bytes);
    writeSync(file, bytes);
    pending = [];
    size = 0;
  };
  const put = (bytes) => {
    pending.push(bytes);
    size += bytes.length;
    if (size > 1 << 20) flush();
  };
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0');
  header.writeUInt32BE(count, 8);
  put(header);
  return {
    add: (type, text) => {
      const content = Buffer.from(text);
      const head = [];
      let rest = content.length >> 4;
      head.push((TYPES[type] << 4) | (content.length & 15) | (rest > 0 ? 128 : 0));
      for (; rest > 0; rest >>= 7) head.push((rest & 127) | (rest > 127 ? 128 : 0));
      put(Buffer.from(head));
      put(deflateSync(content, { level: 1 }));
      return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
    },
    end: () => {
      flush();
      writeSync(file, checksum.digest());
      closeSync(file);
    },
  };
}

/**
 * Makes a registry with so many tags, a hundred for each artifact.
 * @param files what every commit has, by path, all at the top
 * @param loose whether every tag is a file of its own: no more than some ten thousand, for that many files are made one by one
 */
export function makeRegistry(folder, tagCount, { loose = false, files = {} } = {}) {
  execFileSync('git', ['init', '--quiet', '--initial-branch=main', folder]);
  const artifacts = Math.ceil(tagCount / EVENTS_EACH);
  const path = join(folder, '.git/objects/pack/pack-bench.pack');
  const pack = packWriter(path, COMMITS + artifacts * EVENTS_EACH);
  const git = (args, input) => execFileSync('git', args, { cwd: folder, input, encoding: 'utf8' }).trim();
  const entries = Object.entries(files).map(
    ([name, text]) => `100644 blob ${git(['hash-object', '-w', '--stdin'], text)}\t${name}\n`,
  );
  const tree = git(['mktree'], entries.join(''));
  const commits = [];
  for (let index = 0; index < COMMITS; index += 1) {
    const parent = index === 0 ? '' : `parent ${commits[index - 1]}\n`;
    const by = `author ${who(index)}\ncommitter ${who(index)}\n`;
    commits.push(pack.add('commit', `tree ${tree}\n${parent}${by}\nChange\n`));
  }
  const refs = [];
  for (let index = 0; index < artifacts; index += 1) {
    let event = 0;
    for (const [name, message] of eventsOf(artifactName(index))) {
      const commit = commits[((event >> 1) * 17 + index) % COMMITS];
      const tagger = who(COMMITS + event * artifacts + index);
      const text = `object ${commit}\ntype commit\ntag ${name}\ntagger ${tagger}\n\n${message}`;
      refs.push([name, pack.add('tag', text), commit]);
      event += 1;
    }
  }
  pack.end();
  execFileSync('git', ['index-pack', path], { cwd: folder, stdio: 'ignore' });
  writeRefs(join(folder, '.git'), commits.at(-1), refs, loose);
}

function writeRefs(gitDir, head, refs, loose) {
  writeFileSync(join(gitDir, 'refs/heads/main'), `${head}\n`);
  if (loose) {
    mkdirSync(join(gitDir, 'refs/tags'), { recursive: true });
    for (const [name, oid] of refs) writeFileSync(join(gitDir, 'refs/tags', name), `${oid}\n`);
    return;
  }
  refs.sort(([a], [b]) => (a < b ? -1 : 1));
  const file = openSync(join(gitDir, 'packed-refs'), 'w');
  writeSync(file, '# pack-refs with: peeled fully-peeled sorted \n');
  for (let from = 0; from < refs.length; from += 10_000)
    writeSync(
      file,
      refs
        .slice(from, from + 10_000)
        .map(([name, oid, commit]) => `${oid} refs/tags/${name}\n^${commit}\n`)
        .join(''),
    );
  closeSync(file);
}
