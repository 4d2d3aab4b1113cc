import { posix } from 'node:path';
import { type ArtifactName, parseArtifactName, splitArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { shownUrl } from '../util/address.js';

// Artifacts that other tools declare: DVC in `artifacts:` of a dvc.yaml, gto in the artifacts.yaml at the top of a repository.

/** A file of another tool that may declare artifacts. */
export interface ArtifactsFile {
  kind: 'dvc' | 'annotation';
  file: string;
}

/**
 * What such a file says of an artifact: its keys as they are there, `type path description labels custom virtual` in gto's file,
 * `type path desc labels meta` in a `dvc.yaml`, as the documentation of the two names them.
 */
export type ArtifactEntry = Readonly<Record<string, unknown>>;

/** The artifacts that a file of another tool declares. */
export interface Artifacts {
  entries: ReadonlyMap<ArtifactName, ArtifactEntry>;
  /** Keys, with their folder, that declare nothing because no artifact has such a name. */
  misnamed: readonly string[];
  /** Whether it is a file of that name that belongs to neither tool, and declares nothing. */
  isForeign: boolean;
  /** What cannot be filled in of the templates of a `dvc.yaml`, whichever part it is in. */
  problems: readonly RegError[];
}

/** The largest file that is read for artifacts, and for the parameters of its templates. */
export const MAX_ARTIFACTS_BYTES = 16 * 1024 * 1024;

const ANNOTATIONS = 'artifacts.yaml';

/** The file of another tool that may declare artifacts, by its path from the top; undefined for any other path. */
export function artifactsFileAt(path: string): ArtifactsFile | undefined {
  if (path === ANNOTATIONS) return { kind: 'annotation', file: path };
  return posix.basename(path) === 'dvc.yaml' ? { kind: 'dvc', file: path } : undefined;
}

/** The files that may declare an artifact, the one that counts first. */
export function artifactsFilesFor(artifact: ArtifactName): ArtifactsFile[] {
  const { dir } = splitArtifactName(artifact);
  return [
    { kind: 'dvc', file: dir === '' ? 'dvc.yaml' : `${dir}/dvc.yaml` },
    { kind: 'annotation', file: ANNOTATIONS },
  ];
}

/**
 * Reads the artifacts that a file of another tool declares, with the templates of a `dvc.yaml` filled in.
 * @param read gives other files, such as those of parameters, by their paths from the top
 * @throws RegError INVALID_LINK where it cannot be read
 */
export async function readArtifacts(
  bytes: Uint8Array,
  { kind, file }: ArtifactsFile,
  read: (path: string) => Promise<Uint8Array | undefined>,
): Promise<Artifacts> {
  // the package for YAML is loaded where there is such a file, which is seldom
  const { readDvcFile, readPipeline } = await import('./dvc.js');
  try {
    if (kind === 'dvc') {
      const { content, problems } = await readPipeline(bytes, file, read);
      const dir = posix.dirname(file);
      return {
        ...entriesOf(content.artifacts, dir === '.' ? '' : `${dir}:`),
        isForeign: false,
        problems,
      };
    }
    const content = readDvcFile(bytes, file);
    return isOfGto(content) ? { ...entriesOf(content, ''), isForeign: false, problems: [] } : FOREIGN;
  } catch (error) {
    if (!(error instanceof RegError)) throw error;
    // a list, or a text, is the file of another tool
    if (kind === 'annotation' && error.place === undefined) return FOREIGN;
    throw new RegError('INVALID_LINK', error.message, error.hint, error.place ?? { file, line: 1 });
  }
}

const FOREIGN: Artifacts = { entries: new Map(), misnamed: [], isForeign: true, problems: [] };

function entriesOf(artifacts: unknown, start: string): Pick<Artifacts, 'entries' | 'misnamed'> {
  const entries = new Map<ArtifactName, ArtifactEntry>();
  const misnamed: string[] = [];
  for (const [key, entry] of isMapping(artifacts) ? Object.entries(artifacts) : []) {
    const name = parseArtifactName(start + key);
    if (name === undefined) misnamed.push(start + key);
    else entries.set(name, isMapping(entry) ? entry : {});
  }
  return { entries, misnamed };
}

/** The keys of an entry of gto (gto 1.x, `gto.index.Artifact`). */
const GTO_KEYS: ReadonlySet<string> = new Set(['type', 'path', 'virtual', 'labels', 'description', 'custom']);

const isOfGto = (content: Readonly<Record<string, unknown>>): boolean =>
  Object.values(content).every(
    (entry) => isMapping(entry) && Object.keys(entry).every((key) => GTO_KEYS.has(key)),
  );

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isUrl = (path: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(path);

/**
 * Where an entry places the model, from the top of the repository; a URL as it may be shown. Paths in a `dvc.yaml` start at its
 * folder. `faultOfEntry` says whether it is a path inside the repository.
 */
export function pathOfEntry({ path }: ArtifactEntry, { kind, file }: ArtifactsFile): string | undefined {
  if (typeof path !== 'string') return undefined;
  if (isUrl(path)) return shownUrl(path);
  return kind === 'dvc' && !posix.isAbsolute(path) ? posix.join(posix.dirname(file), path) : path;
}

/** Whether an entry may leave the place of its model to others: gto's file may, and says `virtual` of a model elsewhere. */
export const mayLackPath = ({ path, virtual }: ArtifactEntry, { kind }: ArtifactsFile): boolean =>
  kind === 'annotation' && (path === undefined || virtual === true);

/** Why an entry leads to no model inside the repository, as what follows its name; undefined where it does. */
export function faultOfEntry(entry: ArtifactEntry, declaration: ArtifactsFile): string | undefined {
  const path = pathOfEntry(entry, declaration);
  if (path === undefined) return 'has no path';
  if (path.includes('${')) return `has the path ${path}, whose template cannot be filled in`;
  if (isUrl(path)) return `has the path ${path}, a URL, which says nothing of the bytes`;
  const normal = posix.normalize(path);
  return posix.isAbsolute(normal) || normal === '..' || normal.startsWith('../')
    ? `has the path ${path}, outside the repository`
    : undefined;
}

/**
 * The path of the model that an entry declares, from the top of the repository.
 * @throws RegError SOURCE_PATH where it names none inside the repository
 */
export function requireEntryPath(
  entry: ArtifactEntry,
  declaration: ArtifactsFile,
  artifact: ArtifactName,
): string {
  const [path, fault] = [pathOfEntry(entry, declaration), faultOfEntry(entry, declaration)];
  if (path !== undefined && fault === undefined) return path;
  throw new RegError(
    'SOURCE_PATH',
    `the artifact '${artifact}' of ${declaration.file} ${fault}`,
    fault?.includes('URL')
      ? `link it with its hash: reg link <url> ${artifact}`
      : `link its model: reg link <path> ${artifact}`,
  );
}
