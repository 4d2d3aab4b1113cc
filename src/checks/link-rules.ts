import { type LinkReading, pointsAtSchema, SCHEMA_COMMENT } from '../documents/link.js';
import { LINK_SUFFIX, linkPathOf } from '../documents/link-path.js';
import { refuseUnwritableName } from '../domain/writable.js';
import { RegError } from '../errors.js';
import { isFloating } from '../registry/floating.js';
import type { Complaint, Rule } from './finding.js';
import type { FileSubject, LinkSubject } from './subject.js';

/** What looks like a link is one. */
export const linkSuffix: Rule<FileSubject> = {
  id: 'link-suffix',
  level: 'warning',
  about: 'The name of a link file ends in .model.yaml, in small letters.',
  check: ({ file }) =>
    file.endsWith(LINK_SUFFIX)
      ? []
      : [{ line: 1, message: `nobody reads it as a link: the name of one ends in ${LINK_SUFFIX}` }],
};

/** A link file is where whoever asks for its artifact looks for it. */
export const linkPlace: Rule<FileSubject> = {
  id: 'link-place',
  level: 'error',
  about: 'A link file is where its artifact is looked for: dir/NAME.model.yaml for dir:NAME.',
  check: ({ file, artifact }) => {
    const place = artifact && linkPathOf(artifact);
    if (place === undefined || place === file) return [];
    return [{ line: 1, message: `the link of ${artifact} is looked for at ${place}` }];
  },
};

/** The name of a link file is the name of an artifact, and tags can hold it. */
export const linkName: Rule<FileSubject> = {
  id: 'link-name',
  level: 'error',
  about:
    'The name of a link file, and of the folders above it, is a name that an artifact and its tags may have.',
  check: ({ file, artifact }) => {
    // what is no link is for the rule link-place to tell
    if (!file.endsWith(LINK_SUFFIX)) return [];
    if (artifact === undefined) return [{ line: 1, message: 'its file name is not an artifact name' }];
    try {
      refuseUnwritableName(artifact);
      return [];
    } catch (error) {
      if (!(error instanceof RegError)) throw error;
      return [{ line: 1, message: error.message }];
    }
  },
};

/** No two artifacts are told apart by letter case alone. */
export const linkCase: Rule<FileSubject> = {
  id: 'link-case',
  level: 'error',
  about:
    'The name of an artifact differs from every other name, declared or registered, by more than letter case.',
  check: async ({ artifact, registry }) => {
    if (artifact === undefined) return [];
    const lower = artifact.toLowerCase();
    const isOther = (name: string): boolean => name !== artifact && name.toLowerCase() === lower;
    const complain = (what: string, name: string): Complaint[] => [
      { line: 1, message: `${artifact} differs from ${what} ${name} by letter case alone` },
    ];
    const declared = registry.declared.find(isOther);
    if (declared !== undefined) return complain('the declared artifact', declared);
    const registered = await registry.registered();
    // what is registered both ways was so before, and no link can mend it
    const other = registered.includes(artifact) ? undefined : registered.find(isOther);
    return other === undefined ? [] : complain('the registered artifact', other);
  },
};

/** A link file is YAML within the limits of link files. */
export const linkParse: Rule<FileSubject> = {
  id: 'link-parse',
  level: 'error',
  about:
    'A link file is YAML: in UTF-8, without aliases and tags, no key twice, not too large and not too deep.',
  check: ({ reading }) => problemComplaints(reading, false),
};

/** A link file says what a link may say. */
export const linkSchema: Rule<FileSubject> = {
  id: 'link-schema',
  level: 'error',
  about: 'A link file has the keys and values that schema/model-link.schema.json allows, and no others.',
  check: ({ reading }) => problemComplaints(reading, true),
};

/** What is wrong with a file: with what it says when it is YAML, or with its being YAML. */
function problemComplaints(reading: LinkReading, isYaml: boolean): Complaint[] {
  if (!('problems' in reading) || reading.isYaml !== isYaml) return [];
  return reading.problems.map(({ line, message, hint }) => ({
    line,
    message: hint ? `${message} (${hint})` : message,
  }));
}

/** The first line of a link tells editors which schema it has. */
export const linkEditor: Rule<FileSubject> = {
  id: 'link-editor',
  level: 'info',
  about: 'The first line of a link file points editors at the schema of link files.',
  check: ({ bytes, reading }) => {
    if ('problems' in reading || pointsAtSchema(Buffer.from(bytes).toString())) return [];
    return [{ line: 1, message: `the first line does not point editors at the schema: #${SCHEMA_COMMENT}` }];
  },
};

/** A link is pinned. */
export const linkRev: Rule<LinkSubject> = {
  id: 'link-rev',
  level: 'error',
  about: 'A link into a repository says which rev was asked for, and which commit that was.',
  check: ({ link: { source }, yaml }): Complaint[] => {
    if (source.url !== undefined) return [];
    const missing = source.rev === undefined ? 'rev' : source.commit === undefined ? 'commit' : undefined;
    if (missing === undefined) return [];
    return [
      {
        line: yaml.lineOf(['source', 'rev']),
        message: `source.${missing} is missing, so the link is not pinned: ${AGAIN}`,
      },
    ];
  },
};

/** How a link is mended. */
const AGAIN = 'link it again with --rev and --force';

/** A rev that should stay what it was, did. */
export const linkCommit: Rule<LinkSubject> = {
  id: 'link-commit',
  level: 'error',
  about: 'The rev of a link names a commit of the source, and a tag there still names the pinned one.',
  check: async ({ link: { source }, yaml, findRev }): Promise<Complaint[]> => {
    const { rev, commit, url } = source;
    if (url !== undefined || rev === undefined || commit === undefined) return [];
    // a source that cannot be reached is for the rule link-resolves to tell
    const found = await findRev().catch(() => undefined);
    if (found === undefined) return [];
    const complain = (message: string): Complaint[] => [{ line: yaml.lineOf(['source', 'rev']), message }];
    if (found.commit === undefined) return complain(`source.rev '${rev}' names no commit of the source`);
    if (!found.isFixed || found.commit === commit) return [];
    return complain(`source.rev '${rev}' is commit ${found.commit}, and the link pins another: ${AGAIN}`);
  },
};

/** What a link names does not move on by itself. */
export const linkFloating: Rule<LinkSubject> = {
  id: 'link-floating',
  level: 'error',
  about: 'The rev of a link is no branch, unless the configuration says revs: floating.',
  check: async ({ link: { source }, yaml, registry, findRev }) => {
    if (!(await isFloating(source, registry.config, findRev))) return [];
    const message = `source.rev '${source.rev}' is a branch, which moves on: name a tag or a commit id, or allow it with revs: floating in .reg.yaml`;
    return [{ line: yaml.lineOf(['source', 'rev']), message }];
  },
};

/** What a link leads to can be read. */
export const linkResolves: Rule<LinkSubject> = {
  id: 'link-resolves',
  level: 'error',
  about: 'The source of a link can be reached, has the commit, and can be read to its end.',
  check: (subject) => unfollowed(subject, false),
};

/** Why a link does not lead to a model: because of its path, or of anything before. */
async function unfollowed({ link, yaml, model }: LinkSubject, isPath: boolean): Promise<Complaint[]> {
  try {
    await model();
    return [];
  } catch (error) {
    if (!(error instanceof RegError) || error.code === 'INTERRUPTED') throw error;
    const isUrl = link.source.url !== undefined;
    if (isPath !== (error.code === 'SOURCE_PATH' && !isUrl)) return [];
    const key = isUrl ? 'url' : KEYS[error.code];
    return [{ line: yaml.lineOf(['source', key ?? 'repo']), message: error.message }];
  }
}

/** The key of `source` that an error is about. */
const KEYS: Partial<Record<RegError['code'], string>> = { SOURCE_PATH: 'path', UNKNOWN_REV: 'rev' };

/** There is a model where a link says. */
export const linkPath: Rule<LinkSubject> = {
  id: 'link-path',
  level: 'error',
  about: 'At the path of a link its source has a file or a folder.',
  check: (subject) => unfollowed(subject, true),
};

/** The bytes at the end of a link are those that it promises. */
export const linkBytes: Rule<LinkSubject> = {
  id: 'link-bytes',
  level: 'error',
  about: 'A link says the SHA-256 and the size of its model, and both are right.',
  check: async ({ link, yaml, model }) => {
    // a source that cannot be read is for the rule link-resolves to tell
    const found = await model().catch(() => undefined);
    if (found === undefined) return [];
    const complaints: Complaint[] = [];
    const complain = (key: string, message: string): void => {
      complaints.push({ line: yaml.lineOf([key]), message });
    };
    if (link.sha256 === undefined)
      complain('sha256', 'sha256 is missing, so nobody can tell whether the bytes changed');
    else if (link.sha256 !== found.sha256)
      complain('sha256', `the bytes differ: sha256 is ${found.sha256}, the link says ${link.sha256}`);
    if (link.size !== undefined && link.size !== found.size)
      complain('size', `the size differs: it is ${found.size} bytes, the link says ${link.size}`);
    return complaints;
  },
};
