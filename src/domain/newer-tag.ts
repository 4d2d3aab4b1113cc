import semver from 'semver';

/** A tag that names a version of whatever a repository holds: `v1`, `1.2`, `model-v1.2.0-rc.1`. */
interface VersionTag {
  /** What comes before the number, `v` included: only tags that share it are versions of one thing. */
  prefix: string;
  version: semver.SemVer;
}

const NUMBERED = /^(.*?)(\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?)$/;

function parse(tag: string): VersionTag | undefined {
  const [, prefix = '', number = ''] = NUMBERED.exec(tag) ?? [];
  const [core = '', ...pre] = number.split('-');
  const [major = '', minor = '0', patch = '0'] = core.split('.');
  const version = semver.parse([`${major}.${minor}.${patch}`, ...pre].join('-'), { loose: true });
  return version === null ? undefined : { prefix, version };
}

/**
 * The greatest tag that comes after a tag by SemVer precedence, among those that are written alike; undefined when there is
 * none, or the tag names no version. Pre-releases count only when the tag itself names one.
 */
export function newerTag(tag: string, all: readonly string[]): string | undefined {
  const own = parse(tag);
  if (own === undefined) return undefined;
  let best = { tag, version: own.version };
  for (const other of all) {
    const parsed = parse(other);
    if (parsed?.prefix !== own.prefix || parsed.version.compare(best.version) <= 0) continue;
    if (parsed.version.prerelease.length > 0 && own.version.prerelease.length === 0) continue;
    best = { tag: other, version: parsed.version };
  }
  return best.tag === tag ? undefined : best.tag;
}
