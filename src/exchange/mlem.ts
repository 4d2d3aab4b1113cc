import { formatLink, type Link } from '../documents/link.js';
import { requireLinkPath } from '../documents/link-path.js';
import { FOREIGN, readYaml } from '../documents/yaml.js';
import { type ArtifactName, parseArtifactName } from '../domain/names.js';
import { RegError } from '../errors.js';
import { type RegistryContext, requireWorkTree } from '../registry/context.js';
import { typeOf } from '../registry/link.js';
import type { ImportRow } from '../registry/rows.js';
import { withoutUserInfo } from '../util/address.js';
import { shellLine } from '../util/shell.js';

/** Writes a link file for every `.mlem` link of the work tree; the `.mlem` files stay. */
export async function importMlem(context: RegistryContext, force = false): Promise<ImportRow[]> {
  const workTree = await requireWorkTree(context, 'link files are written into the work tree');
  const config = await context.config();
  const files: { row: ImportRow; text: string }[] = [];
  for (const from of await workTree.find('.mlem')) {
    const converted = convert(from, mlemContent((await workTree.read(from)) ?? new Uint8Array(), from));
    const { lost } = converted;
    const made = converted.link;
    const link = made && { ...made, type: typeOf(config, made.type === undefined ? undefined : made) };
    const path = link ? requireLinkPath(converted.artifact) : null;
    if (path !== null && files.some(({ row }) => row.path === path))
      throw new RegError(
        'FILE_EXISTS',
        `${from} is a second link for ${path}`,
        'delete or rename one of the two',
      );
    const existing = path === null ? undefined : await workTree.read(path);
    if (existing && !force)
      throw new RegError('FILE_EXISTS', `${path} is already there`, 'add --force to replace it');
    const row = { from, path, artifact: link ? converted.artifact : null, lost };
    files.push({
      row,
      text: link && path ? formatLink(link, existing && { bytes: existing, file: path }) : '',
    });
  }
  // only now, so that a refusal leaves nothing half done
  for (const { row, text } of files) if (row.path !== null) await workTree.write(row.path, text);
  return files.map(({ row }) => row);
}

type Content = Record<string, unknown>;

function mlemContent(bytes: Uint8Array, file: string): Content {
  const content: unknown = readYaml(bytes, file, 'INVALID_LINK', FOREIGN).content();
  return typeof content === 'object' && content !== null ? (content as Content) : {};
}

type Converted =
  | { link: Link; artifact: ArtifactName; lost: string[] }
  | { link?: undefined; lost: string[] };

/** The keys of a link that mlem writes (mlem 0.4, `MlemLink`); older releases say `repo` for `project`. */
const CARRIED: ReadonlySet<string> = new Set([
  'object_type',
  'link_type',
  'path',
  'project',
  'repo',
  'rev',
  'description',
  'params',
  'location',
]);

function convert(from: string, content: Content): Converted {
  const text = (key: string): string | undefined =>
    typeof content[key] === 'string' ? (content[key] as string) : undefined;
  const path = text('path');
  if (content.object_type !== 'link' || path === undefined)
    return {
      lost: [`it is a ${text('object_type') ?? 'file of mlem'}, not a link: link its model with reg link`],
    };
  const artifact = artifactOf(from);
  if (artifact === undefined) return { lost: ['its file name is not an artifact name'] };
  const repo = text('project') ?? text('repo');
  const rev = text('rev');
  const source = { ...(repo ? { repo } : {}), ...(rev ? { rev } : {}), path: path.replace(/\.mlem$/, '') };
  const link: Link = { reg: 1, source, type: text('link_type'), ...details(content) };
  const lost = [
    ...(path.endsWith('.mlem')
      ? [`path ${path} is the metadata of mlem; the link leads to the model beside it, ${source.path}`]
      : []),
    ...Object.keys(content).flatMap((key) => (CARRIED.has(key) ? [] : [`${key} has no place in a link`])),
    `it is not pinned to a commit and bytes: ${shellLine('reg', 'link', source.path, artifact, '--source', withoutUserInfo(repo ?? '.'), '--rev', rev ?? 'REV', '--force')}`,
  ];
  return { link, artifact, lost };
}

function details({ description, params }: Content): Pick<Link, 'description' | 'params'> {
  const isFilled = typeof params === 'object' && params !== null && Object.keys(params).length > 0;
  return {
    ...(typeof description === 'string' ? { description } : {}),
    ...(isFilled ? { params: params as Record<string, unknown> } : {}),
  };
}

/** `.mlem/link/NAME.mlem` and `.mlem/model/NAME.mlem` stand for `NAME`; elsewhere the folder counts. */
function artifactOf(from: string): ArtifactName | undefined {
  const path = from.replace(/^\.mlem\/[^/]+\//, '').slice(0, -'.mlem'.length);
  const slash = path.lastIndexOf('/');
  return parseArtifactName(slash < 0 ? path : `${path.slice(0, slash)}:${path.slice(slash + 1)}`);
}
