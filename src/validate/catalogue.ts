import type { FileSubject, LinkSubject } from './link-subject.js';
import type { Rule, RuleInfo } from './rule.js';
import { changeBytes } from './rules/change-bytes.js';
import { changeRemoved, type RemovedSubject } from './rules/change-removed.js';
import { type ConfigSubject, configSchema } from './rules/config-schema.js';
import { consumerArtifact } from './rules/consumer-artifact.js';
import { interfaceFile } from './rules/interface-file.js';
import { interfaceFits } from './rules/interface-fits.js';
import { linkBytes } from './rules/link-bytes.js';
import { linkCase } from './rules/link-case.js';
import { linkCommit } from './rules/link-commit.js';
import { linkEditor } from './rules/link-editor.js';
import { linkFloating } from './rules/link-floating.js';
import { linkName } from './rules/link-name.js';
import { linkParse } from './rules/link-parse.js';
import { linkPath } from './rules/link-path.js';
import { linkPlace } from './rules/link-place.js';
import { linkResolves } from './rules/link-resolves.js';
import { linkRev } from './rules/link-rev.js';
import { linkSchema } from './rules/link-schema.js';
import { linkSuffix } from './rules/link-suffix.js';
import { metricFile } from './rules/metric-file.js';
import { metricLimit } from './rules/metric-limit.js';
import { metricMissing } from './rules/metric-missing.js';
import { metricWorse } from './rules/metric-worse.js';
import { TAG_RULES } from './tags/rules.js';

/** Rules about link files, whatever they hold. */
export const FILE_RULES: readonly Rule<FileSubject>[] = [
  linkSuffix,
  linkPlace,
  linkName,
  linkCase,
  linkParse,
  linkSchema,
  linkEditor,
];

/** Rules about links that can be read. */
export const LINK_RULES: readonly Rule<LinkSubject>[] = [
  linkRev,
  linkCommit,
  linkFloating,
  linkResolves,
  linkPath,
  linkBytes,
  changeBytes,
  interfaceFile,
  interfaceFits,
  metricFile,
  metricMissing,
  metricLimit,
  metricWorse,
];

/** Rules about the configuration. */
export const CONFIG_RULES: readonly Rule<ConfigSubject>[] = [configSchema, consumerArtifact];

/** Rules about links that are gone. */
export const REMOVED_RULES: readonly Rule<RemovedSubject>[] = [changeRemoved];

/** Every rule, in the order of their documentation. */
export const ALL_RULES: readonly RuleInfo[] = [
  ...FILE_RULES,
  ...LINK_RULES,
  ...REMOVED_RULES,
  ...CONFIG_RULES,
  ...Object.values(TAG_RULES),
];
