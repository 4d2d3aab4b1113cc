import { isOwn, type Link, type LinkReading, pointsAtSchema, SCHEMA_COMMENT } from '../documents/link.js';
import { LINK_SUFFIX, linkPathOf, nameOfLink } from '../documents/link-path.js';
import { whyNoArtifact } from '../domain/names.js';
import { refuseUnwritableName } from '../domain/writable.js';
import { failureOf, RegError } from '../errors.js';
import { isFloating } from '../registry/floating.js';
import { holdsLogin, shownAddress, shownUrl } from '../util/address.js';
import { atKey, atTop, type Complaint, complaintOf, type Rule } from './finding.js';
import type { FileSubject, LinkSubject } from './subject.js';

/** Rules about link files with any content. */
export const FILE_RULES: readonly Rule<FileSubject>[] = [
  {
    id: 'link-suffix',
    level: 'warning',
    about: 'The name of a link file ends in .model.yaml, in small letters.',
    check: ({ file }) =>
      file.endsWith(LINK_SUFFIX)
        ? []
        : atTop(`it is not read as a link: the name of a link ends in ${LINK_SUFFIX}`),
  },
  {
    id: 'link-place',
    level: 'error',
    about: 'A link file is where its artifact is looked for: dir/NAME.model.yaml for dir:NAME.',
    check: ({ file, artifact }) => {
      const place = artifact && linkPathOf(artifact);
      if (place === undefined || place === file) return [];
      return atTop(`the link of ${artifact} is looked for at ${place}`);
    },
  },
  {
    id: 'link-name',
    level: 'error',
    about:
      'The name of a link file, and of the folders above it, is a name that an artifact and its tags may have.',
    check: ({ file, artifact }) => {
      // the rule link-suffix has other names
      if (!file.endsWith(LINK_SUFFIX)) return [];
      if (artifact === undefined) return atTop(whyNoArtifact(nameOfLink(file)));
      try {
        refuseUnwritableName(artifact);
        return [];
      } catch (error) {
        if (!(error instanceof RegError)) throw error;
        return atTop(error.message);
      }
    },
  },
  {
    id: 'link-case',
    level: 'error',
    about:
      'The name of an artifact differs from every other name, declared or registered, by more than letter case.',
    check: async ({ artifact, registry }) => {
      if (artifact === undefined) return [];
      const lower = artifact.toLowerCase();
      const isOther = (name: string): boolean => name !== artifact && name.toLowerCase() === lower;
      const complain = (what: string, name: string): Complaint[] =>
        atTop(`${artifact} differs from ${what} ${name} by letter case alone`);
      const declared = registry.declared.find(isOther);
      if (declared !== undefined) return complain('the declared artifact', declared);
      const registered = await registry.registered();
      // where both are registered, the link is not at fault
      const other = registered.includes(artifact) ? undefined : registered.find(isOther);
      return other === undefined ? [] : complain('the registered artifact', other);
    },
  },
  {
    id: 'link-parse',
    level: 'error',
    about:
      'A link file is YAML: in UTF-8, without aliases and tags, no key twice, not too large and not too deep.',
    check: ({ reading }) => problemsOf(reading, false),
  },
  {
    id: 'link-schema',
    level: 'error',
    about: 'A link file has the keys and values that schema/model-link.schema.json allows, and no others.',
    check: ({ reading }) => problemsOf(reading, true),
  },
  {
    id: 'link-editor',
    level: 'info',
    about: 'The first line of a link file points editors at the schema of link files.',
    check: ({ bytes, reading }) =>
      'problems' in reading || pointsAtSchema(Buffer.from(bytes).toString())
        ? []
        : atTop(`the first line does not point editors at the schema: #${SCHEMA_COMMENT}`),
  },
];

/** The problems of a file that is YAML with other content, or that is not YAML. */
const problemsOf = (reading: LinkReading, isYaml: boolean): Complaint[] =>
  'problems' in reading && reading.isYaml === isYaml ? reading.problems.map(complaintOf) : [];

/** How to pin a link again. */
const again = (artifact: string): string => `pin it with: reg update ${artifact}`;

/** Rules about the source of a link, and the model there. */
export const SOURCE_RULES: readonly Rule<LinkSubject>[] = [
  {
    id: 'link-rev',
    level: 'error',
    about:
      'A link into another repository says which rev was asked for, and which commit that was. So does one to another commit of this repository.',
    check: ({ link: { source }, yaml, artifact }) => {
      if (source.url !== undefined || isOwn(source)) return [];
      const missing = source.rev === undefined ? 'rev' : source.commit === undefined ? 'commit' : undefined;
      if (missing === undefined) return [];
      return atKey(
        yaml,
        ['source', 'rev'],
        `source.${missing} is missing, so the link is not pinned: ${again(artifact)}`,
      );
    },
  },
  {
    id: 'link-login',
    level: 'error',
    about: 'No address in a link holds a login, and none is asked with one.',
    check: ({ link: { source }, yaml }) => {
      const key = source.url === undefined ? 'repo' : 'url';
      const address = source[key];
      if (address === undefined || !holdsLogin(address)) return [];
      const shown = key === 'url' ? shownUrl(address) : shownAddress(address);
      const message = `a link file is no place for a user name or a token: leave it out of ${shown}`;
      return atKey(yaml, ['source', key], message);
    },
  },
  {
    id: 'link-commit',
    level: 'error',
    about: 'The rev of a link names a commit of the source, and a tag there still names the pinned one.',
    check: async ({ link: { source }, yaml, artifact, findRev }) => {
      const { rev, commit, url } = source;
      if (url !== undefined || rev === undefined || commit === undefined) return [];
      // the rule link-resolves has sources that cannot be read
      const found = await findRev().catch(() => undefined);
      if (found === undefined) return [];
      const complain = (message: string): Complaint[] => atKey(yaml, ['source', 'rev'], message);
      if (found.commit === undefined) return complain(`source.rev '${rev}' names no commit of the source`);
      if (!found.isFixed || found.commit === commit) return [];
      return complain(
        `source.rev '${rev}' is commit ${found.commit}, and the link pins another: ${again(artifact)}`,
      );
    },
  },
  {
    id: 'link-floating',
    level: 'error',
    about: 'The rev of a link is no branch, where the configuration says revs: fixed.',
    check: async ({ link: { source }, yaml, registry, findRev }) => {
      if (!(await isFloating(source, registry.config, findRev))) return [];
      const message = `source.rev '${source.rev}' is a branch, and .reg.yaml says revs: fixed: name a tag or a commit id`;
      return atKey(yaml, ['source', 'rev'], message);
    },
  },
  {
    id: 'link-resolves',
    level: 'error',
    about: 'The source of a link can be reached, has the commit, and can be read to its end.',
    check: (subject) => unfollowed(subject, false),
  },
  {
    id: 'link-path',
    level: 'error',
    about: 'At the path of a link its source has a file or a folder.',
    check: (subject) => unfollowed(subject, true),
  },
  {
    id: 'link-bytes',
    level: 'error',
    about:
      'A link says the SHA-256 and the size of its model, and both are right. A link to a model of this repository may leave them out.',
    check: async ({ link, yaml, model }) => {
      // the rule link-resolves has sources that cannot be read
      const found = await model().catch(() => undefined);
      if (found === undefined) return [];
      const complaints: Complaint[] = [];
      const complain = (key: string, message: string): void => {
        complaints.push(...atKey(yaml, [key], message));
      };
      if (link.sha256 === undefined) {
        if (!isOwn(link.source)) complain('sha256', 'sha256 is missing, so changed bytes cannot be detected');
      } else if (link.sha256 !== found.sha256)
        complain('sha256', `the bytes differ: sha256 is ${found.sha256}, the link says ${link.sha256}`);
      if (link.size !== undefined && link.size !== found.size)
        complain('size', `the size differs: it is ${found.size} bytes, the link says ${link.size}`);
      return complaints;
    },
  },
  {
    id: 'change-bytes',
    level: 'error',
    about: 'A change of the bytes of a link is a change of its rev, path or URL too (with --base).',
    check: async ({ link, before, yaml, findRev }) => {
      if (before?.sha256 === undefined || link.sha256 === undefined || before.sha256 === link.sha256)
        return [];
      // a commit of this repository names the bytes of its models
      if (isOwn(link.source)) return [];
      if (NAMING.some((key) => before.source[key] !== link.source[key])) return [];
      // a branch moves on, and its commit with it; a rev that cannot be looked up is taken for a name that stays
      const isMoving = before.source.commit !== link.source.commit && (await isBranch(findRev));
      if (isMoving) return [];
      const [key, name] = nameOf(link);
      const message = `the bytes change, but source.${key} is '${name}' still: what it names was replaced`;
      return atKey(yaml, ['sha256'], message);
    },
  },
];

/** Whether the rev of a link is a branch, or a stage of another registry. */
async function isBranch(findRev: LinkSubject['findRev']): Promise<boolean> {
  const found = await findRev().catch(() => undefined);
  return found?.commit !== undefined && !found.isFixed;
}

/** Why a link does not lead to a model: its path, or anything else. */
async function unfollowed({ link, yaml, model }: LinkSubject, isPath: boolean): Promise<Complaint[]> {
  // the rule link-login has these
  if (holdsLogin(link.source.url ?? link.source.repo ?? '')) return [];
  try {
    await model();
    return [];
  } catch (error) {
    const { code, message } = failureOf(error);
    const isUrl = link.source.url !== undefined;
    if (isPath !== (code === 'SOURCE_PATH' && !isUrl)) return [];
    const key = isUrl ? 'url' : code === 'SOURCE_PATH' ? 'path' : code === 'UNKNOWN_REV' ? 'rev' : 'repo';
    return atKey(yaml, ['source', key], message);
  }
}

/** The keys of a source that name its bytes. */
const NAMING = ['repo', 'rev', 'path', 'url'] as const;

function nameOf({ source: { url, rev, path = '' } }: Link): [key: string, name: string] {
  if (url !== undefined) return ['url', shownUrl(url)];
  return rev === undefined ? ['path', path] : ['rev', rev];
}
