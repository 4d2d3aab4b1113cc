import type { LinkFile, LinkReading } from '../documents/link.js';
import type { ArtifactName } from '../domain/names.js';
import type { ModelInterface } from '../formats/interface.js';
import type { ModelDigest } from '../models/digest.js';
import type { SourceModel } from '../models/source.js';
import type { FoundRev } from '../registry/source-rev.js';
import type { LinkMetrics } from './link-metrics.js';
import type { RegistryView } from './registry-view.js';

/** A link file of the work tree, whatever it holds. */
export interface FileSubject {
  /** From the top of the repository. */
  file: string;
  bytes: Uint8Array;
  reading: LinkReading;
  /** What its name says that it declares; undefined when that is no name. */
  artifact: ArtifactName | undefined;
  registry: RegistryView;
}

/** A link file that can be read, and what it leads to; each is fetched once, when a rule first asks. */
export interface LinkSubject extends LinkFile {
  file: string;
  artifact: ArtifactName;
  registry: RegistryView;
  /** The link as it was before the change that is looked at; undefined when it was not there, or no change is looked at. */
  before: LinkFile['link'] | undefined;
  /** The model that it leads to; nothing of its bytes is read. */
  find(): Promise<SourceModel>;
  /** What the files of the model say of its interface; undefined where their format says nothing. */
  fileInterface(): Promise<ModelInterface | undefined>;
  /** Reads the model to its end. */
  model(): Promise<ModelDigest>;
  /** @throws RegError what reading a metrics file throws */
  metrics(): Promise<LinkMetrics>;
  /** What the rev of the source is now; undefined where it names none. */
  findRev(): Promise<FoundRev | undefined>;
}
