import type { Link } from '../documents/link.js';
import { type ArtifactName, artifactName } from '../domain/names.js';
import { isVersion, type VersionId } from '../domain/state.js';
import { RegError } from '../errors.js';
import type { ResolvedSource } from '../models/locate.js';
import type { SourceModel } from '../models/source.js';
import { registryAddress, webAddress } from '../registry/browse.js';
import { siteAddress } from '../registry/site-address.js';
import type { RegistryContext } from '../registry/context.js';
import { declaredModel } from '../registry/declared-model.js';
import { followLink } from '../registry/links.js';
import { chooseLink } from '../registry/load.js';
import { askMeant } from '../registry/meant.js';
import type { ChooseOptions, Chosen } from '../registry/queries.js';
import type { ManifestRow } from '../registry/rows.js';
import { parseBucketUrl, parseStoreUrl } from '../stores/url.js';
import { withoutLogin, withoutUserInfo } from '../util/address.js';
import { shellLine } from '../util/shell.js';
import { notLoaded, protocolOf, servedFormat } from './kserve-format.js';
import { isObjectName, labelValue, objectName, type Revision } from './kubernetes-names.js';

/** What to export, and how. */
export interface InferenceServiceOptions extends ChooseOptions {
  /** The name of the object; made of the artifact and the revision by default. */
  name?: string | undefined;
  /** The https address at which the cluster reads the registry; that of the registry, or of the remote of a clone, by default. */
  registry?: string | undefined;
  /** Loads through `reg`, which checks the bytes, also where KServe could read the address of the link itself. */
  regUri?: boolean | undefined;
}

/** What stands before the names of labels and annotations. */
const PREFIX = 'git-reg/';

/**
 * The InferenceService of KServe for a version, a stage or a rev of an artifact. It names the version and never the stage, so that a pod that
 * starts later serves the same bytes.
 * @throws RegError NOT_PINNED, SOURCE_UNSUPPORTED where nothing says which server it takes or the cluster cannot read it, INVALID_NAME, and
 * what choosing and following a link throw
 */
export const inferenceService = (
  context: RegistryContext,
  name: string,
  options: InferenceServiceOptions,
): Promise<ManifestRow> =>
  askMeant(context, name, async (full) => {
    const artifact = artifactName(full);
    const chosen = await chooseLink(context, artifact, { ...options, frozen: true });
    const { link, version, commit } = chosen;
    const { model, place, promises } = await followLink(context, link, async () => commit);
    const serving = link.serving ?? {};
    const format = await formatOf(artifact, link, model);
    const missing = serving.runtime === undefined ? notLoaded(format, model) : undefined;
    if (missing !== undefined)
      context.note(
        `warning: KServe's own server for ${format} loads ${missing}, and ${artifact} has none: change the model, or name a server in serving: {runtime: …} of the link`,
      );
    const facts = {
      artifact,
      version: version ?? undefined,
      stage: options.stage,
      commit,
      digest: await digestOf(context, artifact, chosen, promises),
    };
    return manifestOf(facts, {
      name: objectNameOf(artifact, options, chosen),
      format,
      serving,
      storageUri: await storageUri(context, { artifact, chosen, model, place }, options),
    });
  });

interface Facts {
  artifact: ArtifactName;
  version: string | undefined;
  stage: string | undefined;
  commit: string;
  digest: string | undefined;
}

interface Served {
  name: string;
  format: string;
  serving: NonNullable<Link['serving']>;
  storageUri: string;
}

function manifestOf(facts: Facts, { name, format, serving, storageUri }: Served): ManifestRow {
  const { artifact, version, stage } = facts;
  const { resources, replicas, args, env } = serving;
  return {
    apiVersion: 'serving.kserve.io/v1beta1',
    kind: 'InferenceService',
    metadata: {
      name,
      labels: prefixed({ artifact, version, stage }, labelValue),
      annotations: prefixed({ ...facts }),
    },
    spec: {
      predictor: withoutAbsent({
        minReplicas: replicas?.min,
        maxReplicas: replicas?.max,
        model: withoutAbsent({
          modelFormat: withoutAbsent({ name: format, version: serving.formatVersion }),
          protocolVersion: serving.protocol ?? protocolOf(format),
          runtime: serving.runtime,
          storageUri,
          resources:
            resources &&
            withoutAbsent({ requests: asText(resources.requests), limits: asText(resources.limits) }),
          args,
          env: env && Object.entries(env).map(([key, value]) => ({ name: key, value })),
        }),
      }),
    },
  };
}

const prefixed = (
  values: Readonly<Record<string, string | undefined>>,
  shown = (text: string): string => text,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined ? [] : [[`${PREFIX}${key}`, shown(value)]],
    ),
  );

const withoutAbsent = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>;

const asText = (
  quantities: Readonly<Record<string, string | number>> | undefined,
): Record<string, string> | undefined =>
  quantities && Object.fromEntries(Object.entries(quantities).map(([key, value]) => [key, String(value)]));

/** The format that the link names, else the one that the model shows. */
async function formatOf(artifact: ArtifactName, { serving }: Link, model: SourceModel): Promise<string> {
  const format = serving?.format ?? (await servedFormat(model));
  if (format !== undefined) return format;
  throw new RegError(
    'SOURCE_UNSUPPORTED',
    `cannot export ${artifact} to KServe: ${model.name} does not say which server takes it`,
    'name the format in the link, such as serving: {format: sklearn}',
  );
}

function objectNameOf(
  artifact: ArtifactName,
  { name, stage }: InferenceServiceOptions,
  { version, commit }: Chosen,
): string {
  if (name === undefined) return objectName(artifact, revisionOf(stage, version, commit));
  if (isObjectName(name)) return name;
  throw new RegError(
    'INVALID_NAME',
    `'${name}' is not a name for an InferenceService`,
    'use small letters, digits and hyphens, a letter first, at most 39',
  );
}

function revisionOf(stage: string | undefined, version: string | null, commit: string): Revision {
  if (stage !== undefined) return { stage };
  return version !== null && isVersion(version as VersionId) ? { version } : { commit };
}

/** The digest of the bytes as annotations have it: `sha256:…`, else what git or DVC says. */
async function digestOf(
  context: RegistryContext,
  artifact: ArtifactName,
  chosen: Chosen,
  promises: readonly Pick<Link, 'sha256'>[],
): Promise<string | undefined> {
  const promised = promises.find(({ sha256 }) => sha256 !== undefined)?.sha256;
  if (promised !== undefined) return `sha256:${promised}`;
  return (await declaredModel(context, artifact, chosen))?.digest;
}

interface Located {
  artifact: ArtifactName;
  chosen: Chosen;
  model: SourceModel;
  place: ResolvedSource;
}

/** Where the cluster loads the model from: the address of the link where KServe reads that, else the registry, through `reg`. */
async function storageUri(
  context: RegistryContext,
  { artifact, chosen, model, place }: Located,
  { stage, registry, regUri = false }: InferenceServiceOptions,
): Promise<string> {
  const direct = place.kind === 'store' && !regUri ? kserveAddress(place.url, model) : undefined;
  if (direct !== undefined) {
    context.note(
      `KServe loads ${direct} itself and does not compare the bytes with the digest; --reg-uri lets reg do it`,
    );
    return direct;
  }
  const { version, commit } = chosen;
  const at = await clusterAddress(context, stage === undefined ? artifact : `${artifact}#${stage}`, registry);
  const what =
    version !== null && isVersion(version as VersionId)
      ? `${artifact}@${version}`
      : `${artifact}?rev=${commit}`;
  return `reg://${at}//${what}`;
}

/** Files that KServe unpacks, or leaves out; and those that a store keeps one by one, which are not below the address of their folder. */
const isChanged = ({ files }: SourceModel): boolean =>
  files.some(({ isThere }) => isThere !== undefined) ||
  files.some(({ size }) => size === 0) ||
  (files.length === 1 && /\.(zip|tar|t?gz|taz|tz|tbz2?|txz|bz2|xz|br|z)$/i.test(files[0]?.path ?? ''));

/**
 * The address of a model as the storage initializer of KServe reads it, so that the files of the model arrive and no others; undefined
 * where it does not (kserve/kserve, python/kserve/kserve/storage).
 */
export function kserveAddress(url: string, model: SourceModel): string | undefined {
  if (withoutUserInfo(url) !== url || isChanged(model)) return undefined;
  const { kind } = parseStoreUrl(url);
  const isFolder = model.kind === 'folder';
  // a slash at the end keeps `prod-eu/` out of `prod`
  const end = isFolder ? '/' : '';
  switch (kind) {
    case 's3':
    case 'gcs': {
      if (/[?#]/.test(url)) return undefined;
      const rest = url.replace(/^[a-z0-9]+:\/\//i, '').replace(/\/+$/, '');
      return `${kind === 's3' ? 's3' : 'gs'}://${rest}${end}`;
    }
    case 'azure': {
      // of a folder it loads what begins with the same letters too
      const { host } = parseBucketUrl(url, true);
      if (isFolder || host === undefined || !/^[a-z0-9-]+\.blob\.core\.windows\.net$/i.test(host))
        return undefined;
      const rest = url.replace(/^[a-z0-9]+:\/\//i, '');
      return /^[\w./-]+$/.test(rest) ? `https://${rest}` : undefined;
    }
    case 'http':
      return isFolder ? undefined : url;
    default:
      return undefined;
  }
}

/**
 * Where a cluster finds the registry: the address of an https URL, without its scheme.
 * @throws RegError SOURCE_UNSUPPORTED for a registry that only this machine or a login by ssh reaches
 */
async function clusterAddress(
  context: RegistryContext,
  target: string,
  given: string | undefined,
): Promise<string> {
  const own = given === undefined ? await registryAddress(context) : undefined;
  const address = given ?? own;
  const known =
    address === undefined || /^https:/i.test(address)
      ? address
      : await webAddress(await siteAddress(context, address));
  const shown = known === undefined ? undefined : withoutLogin(known);
  const [, place] = /^https:\/\/([^/?#\s]+\/[^?#\s]*[^/?#\s])\/*$/i.exec(shown ?? '') ?? [];
  if (place === undefined)
    throw new RegError(
      'SOURCE_UNSUPPORTED',
      `cannot export ${target} to KServe: a cluster reads the registry at an https address, and ${address === undefined ? 'this clone has no remote' : `its address is ${withoutLogin(address)}`}`,
      `name it: ${shellLine('reg', 'export', 'kserve', target, '--registry', 'https://HOST/PATH')}`,
    );
  if (own !== undefined && known !== own && !/^https:/i.test(own))
    context.note(`the cluster reads the registry at https://${place}; --registry names another address`);
  return place;
}

/** What a storage container is made of. */
export interface StorageContainerOptions {
  /** The container image that has `reg`: what the Dockerfile of this project makes, under the name that the cluster pulls it by. */
  image: string;
}

/** Splits `reg://HOST/PATH//ARTIFACT@VERSION` and loads that into the folder; the address and the folder are its arguments. */
const LOAD = `from=\${1#reg://}
repo=https://\${from%//*}
what=\${from##*//}
case $what in
  *\\?rev=*) set -- "$2" --rev "\${what#*\\?rev=}" ;;
  *) set -- "$2" ;;
esac
exec reg load --repo "$repo" --frozen --force -o "$@" -- "\${what%%\\?*}"
`;

/**
 * The ClusterStorageContainer of KServe for addresses that begin with `reg://`: a container that runs `reg load`. KServe starts it with the
 * address and the folder. What it needs to log in comes from the Secret `reg` of the namespace, where there is one.
 */
export const storageContainer = ({ image }: StorageContainerOptions): ManifestRow => ({
  apiVersion: 'serving.kserve.io/v1alpha1',
  kind: 'ClusterStorageContainer',
  metadata: { name: 'reg' },
  spec: {
    container: {
      name: 'storage-initializer',
      image,
      command: ['/bin/sh', '-euc', LOAD, 'reg'],
      env: [
        { name: 'HOME', value: '/tmp' },
        { name: 'XDG_CACHE_HOME', value: '/tmp/cache' },
      ],
      envFrom: [{ secretRef: { name: 'reg', optional: true } }],
      resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '1', memory: '1Gi' } },
    },
    supportedUriFormats: [{ prefix: 'reg://' }],
    workloadType: 'initContainer',
  },
});
