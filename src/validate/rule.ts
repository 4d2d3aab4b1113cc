import type { LinkFile } from '../links/read.js';
import type { FoundRev } from '../registry/source-rev.js';
import type { ModelIdentity } from '../sources/identity.js';
import type { Finding } from './finding.js';

/** A link file that parses, and what it leads to; each is fetched once, when a rule first asks. */
export interface LinkSubject extends LinkFile {
  file: string;
  model(): Promise<ModelIdentity>;
  /** What a rev of the source is now. */
  resolveRev(rev: string): Promise<FoundRev>;
}

/** Something that a rule has to say: a finding without the rule's own name. */
export type Complaint = Omit<Finding, 'rule' | 'file'>;

/** One rule about one link file. */
export interface LinkRule {
  id: string;
  check(subject: LinkSubject): Promise<Complaint[]>;
}
