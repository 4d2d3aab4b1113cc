import type { Link, LinkSource } from '../documents/link.js';
import type { ArtifactName, StageName } from '../domain/names.js';
import type { VersionId } from '../domain/state.js';
import type { EventKind } from '../domain/tag-name.js';
import { Evidence } from '../evidence/evidence.js';
import {
  anything,
  choice,
  defineRow,
  either,
  flag,
  lines,
  list,
  map,
  named,
  number,
  oid,
  orNull,
  type RowOf,
  sha256,
  size,
  text,
  time,
  type ValueOf,
  version,
  whole,
} from '../util/row.js';

// What the commands answer with `--json`, row by row, and the columns of their tables. A new column is its line here, and its value where
// the row is made.

const artifact = text<ArtifactName>('name of the artifact');
const stage = text<StageName>('name of the stage');
const commit = oid('commit of the version');
const tag = text('name of the tag');
const link = text('path of the link file, from the top of the repository');
const bytes = size('bytes');
const dropped = list(text(''), 'metrics and params of the old bytes, which were dropped');
const event = choice<EventKind>(
  ['registration', 'deregistration', 'assignment', 'unassignment', 'deprecation'],
  'what happened',
);

/** Who made an event, when, with which tag: the part that most answers share. */
const made = {
  tag,
  time: time('effective time of the event'),
  author: text('name of the tagger'),
  email: text('address of the tagger'),
  message: lines('message of the tag'),
};
export type Made = RowOf<typeof made>;

/** One artifact in the overview: `show`. */
export const OverviewRow = defineRow('An artifact in the overview', {
  artifact,
  latest: orNull(version<VersionId>(''), 'greatest active version; null without one'),
  stages: map<StageName, VersionId | VersionId[]>(
    either(version<VersionId>(''), list(version<VersionId>(''))),
    'current version of each stage; with `--versions-per-stage` an array, the current one first',
  ),
  registered: flag('false for an artifact that is declared at HEAD and has no event'),
  deprecated: flag('whether the artifact is deprecated'),
  problem: orNull(
    choice(['DAMAGED', 'TAGS_MISSING'], ''),
    'why no version is known, although the artifact has events; null where all is known',
  ),
});
export type OverviewRow = ValueOf<typeof OverviewRow>;

/** One version: `latest`. */
export const VersionRow = defineRow(
  'A version of an artifact',
  {
    artifact,
    version: version<VersionId>('the version'),
    commit,
    ...made,
    active: flag('false for a version that is deregistered'),
    stages: list(stage, 'stages in which it is current'),
  },
  {
    version: 'version',
    stages: 'stages',
    time: 'registered',
    author: 'by',
    commit: 'commit',
    message: 'message',
  },
);
export type VersionRow = ValueOf<typeof VersionRow>;

/** How far a version is approved for a stage. */
const approved = {
  stage,
  state: choice(
    ['approved', 'waiting', 'assigned'],
    'whether enough have approved; assigned where the version is in the stage already',
  ),
  wanted: whole('how many approvals the policy of the stage asks for'),
  by: list(
    text('address of an approver'),
    'those whose approval counts; not where they assign the version themselves',
  ),
};

/** The approvals of one version. */
const approvals = list(
  defineRow('how far the version is approved for a stage', approved),
  'approvals as far as this clone knows them, where the configuration asks for some; none of the past',
);
export type StageApprovals = ValueOf<typeof approvals>;

/** One version, and its approvals: `show A`. */
export const ShownVersion = defineRow(
  'A version of an artifact, with its approvals',
  { ...VersionRow.fields, approvals },
  { ...VersionRow.columns, approvals: 'approvals' },
);
export type ShownVersion = ValueOf<typeof ShownVersion>;

/** A version in a stage: `which`. */
export const StageRow = defineRow(
  'A version in a stage; tag, time, author and message are of the event since which it is current',
  {
    artifact,
    stage,
    version: version<VersionId>('the version'),
    commit,
    ...made,
    assigned: defineRow('the assignment that put it there', made),
  },
);
export type StageRow = ValueOf<typeof StageRow>;

const happened = {
  time: made.time,
  artifact,
  event,
  version: orNull(version<VersionId>(''), 'the version; null for a deprecation'),
  stage: orNull(stage, 'name of the stage; null for an event of none'),
  commit: oid('commit that the tag leads to'),
  tag,
  author: made.author,
  email: made.email,
  message: made.message,
};

/** One event: `history`. */
export const HistoryRow = defineRow('An event', happened, {
  time: 'time',
  artifact: 'artifact',
  event: 'event',
  version: 'version',
  stage: 'stage',
  author: 'by',
  message: 'message',
});
export type HistoryRow = ValueOf<typeof HistoryRow>;

/** An event, and whether it is still in effect: `check-ref`. */
export const CheckedRow = defineRow(
  'An event, and whether it is still in effect',
  {
    ...happened,
    current: flag('false where a later event took it back or replaced it'),
    previous: orNull(
      version<VersionId>(''),
      'of a stage what was current there right before, of a registration the greatest active version below it then',
    ),
  },
  {
    artifact: 'artifact',
    event: 'event',
    version: 'version',
    stage: 'stage',
    time: 'time',
    author: 'by',
    current: 'effect',
  },
);
export type CheckedRow = ValueOf<typeof CheckedRow>;

/** One event, and how far its tag can be trusted: `verify`. */
export const VerifiedRow = defineRow(
  'An event, and whether its tag can be trusted',
  {
    ...happened,
    signature: choice(['good', 'bad', 'unknown', 'unsigned'], 'what the signature of the tag is worth'),
    signer: orNull(text(''), 'owner of the key, as the file of signers or git has it'),
    key: orNull(text(''), 'fingerprint of the key'),
    problem: orNull(text(''), 'what is broken; null where nothing is'),
    gone: orNull(
      oid(''),
      'tag object that the event names as the one before it, where that is not there; `--accept` takes it',
    ),
    accepted: list(text(''), 'tags by which people accepted that it is not there'),
  },
  {
    tag: 'tag',
    signature: 'signature',
    signer: 'signer',
    key: 'key',
    time: 'time',
    email: 'by',
    problem: 'problem',
  },
);
export type VerifiedRow = ValueOf<typeof VerifiedRow>;

/** One interval of a version in a stage: `history --intervals`. */
export const IntervalRow = defineRow(
  'An interval of a version in a stage; tag and author are of the event that began it',
  {
    artifact,
    stage,
    version: version<VersionId>('the version'),
    from: time('when it began'),
    until: orNull(time(''), 'when it ended; null while it lasts'),
    tag,
    author: made.author,
    email: made.email,
    message: made.message,
    endTag: orNull(text(''), 'tag of the event that ended it'),
    endAuthor: orNull(text(''), 'tagger of the event that ended it'),
  },
  {
    artifact: 'artifact',
    stage: 'stage',
    version: 'version',
    from: 'from',
    until: 'until',
    author: 'by',
    endAuthor: 'ended by',
  },
);
export type IntervalRow = ValueOf<typeof IntervalRow>;

/** What a commit of the registry says of an artifact: `describe`. Missing values are null. */
export const Description = defineRow('The description of a version; missing values are null', {
  artifact: text('name of the artifact'),
  version: orNull(version<string>(''), 'the version; null where a rev was asked for'),
  commit: oid('commit of the registry that says it'),
  declaredBy: choice(['link', 'dvc', 'annotation'], 'how it is declared'),
  file: text('the link file, `dvc.yaml` or `artifacts.yaml` that declares it'),
  type: orNull(text(''), 'kind of thing it is, such as `model`'),
  description: orNull(text(''), 'what it is for'),
  path: orNull(text(''), 'where the model is, in its source or this repository'),
  labels: anything('labels of the link'),
  source: orNull(
    named<LinkSource>('source', ''),
    'source of the link; of a model that DVC tracks here, and with `--json=source` of one that Git LFS keeps, with the `url` of its bytes',
  ),
  digest: orNull(
    text(''),
    'the bytes, as what declares them says: `sha256:…`, `md5:…` of DVC, or `git:…`, the id of a blob or tree',
  ),
  sha256: orNull(sha256(''), 'SHA-256 of the bytes'),
  size: orNull(bytes),
  params: anything('parameters of the training'),
  metrics: anything('metrics of the model'),
  interface: orNull(named<NonNullable<Link['interface']>>('interface', ''), 'inputs and outputs'),
  serving: orNull(named<NonNullable<Link['serving']>>('serving', ''), 'how it is served'),
  custom: anything('what gto calls `custom` and DVC `meta`'),
  evidence: orNull(
    Evidence,
    'what files of its commit say of how it was made and how it did; null in the data of a site',
  ),
  approvals,
});
export type Description = ValueOf<typeof Description>;

/** One of the two that are compared: `diff`. */
export const DiffSide = defineRow('one of the two', {
  target: text('as it was asked for'),
  artifact,
  version: orNull(version<string>(''), 'the version; null for what HEAD declares'),
  commit: oid('commit of the registry'),
  file: orNull(text(''), 'what declares the artifact there; null where nothing does'),
});
export type DiffSide = ValueOf<typeof DiffSide>;

/** One thing that two models differ in: `changes` of `diff`. */
const ChangeRow = defineRow('A difference', {
  section: choice(
    [
      'source',
      'bytes',
      'about',
      'labels',
      'params',
      'metrics',
      'data',
      'commands',
      'environment',
      'interface',
      'serving',
      'custom',
    ],
    'what the change is about',
  ),
  name: text('such as `commit`, `sha256` or the name of a metric'),
  kind: choice(['added', 'removed', 'changed'], 'how the value changed'),
  from: anything('value of the first; null where it has none'),
  to: anything('value of the second; null where it has none'),
  delta: orNull(number(''), 'how much more a number became'),
  better: orNull(flag(''), 'whether a metric became better; null where its direction is not known'),
});

/** One commit of a log: `diff`. */
export const LogRow = defineRow('A commit', {
  commit: oid('id of the commit'),
  time: time('when it was made'),
  author: text('name of its author'),
  email: text('address of its author'),
  subject: text('first line of its message'),
});
export type LogRow = ValueOf<typeof LogRow>;

/** The commits between two others of one repository: `diff`. */
export const CommitLog = defineRow('The commits between', {
  from: oid('one commit'),
  to: oid('the other commit'),
  added: list(LogRow, 'what leads to `to` alone, newest first'),
  removed: list(LogRow, 'what leads to `from` alone, newest first'),
  more: flag('whether there are more than are listed'),
  problem: orNull(text(''), 'why nothing could be listed; null when it could'),
});
export type CommitLog = ValueOf<typeof CommitLog>;

/** What differs between two models: `diff`. */
export const Difference = defineRow('What differs between two models', {
  from: DiffSide,
  to: DiffSide,
  same: flag('whether both have the same facts'),
  worse: orNull(
    flag(''),
    'whether the second is worse by the rules of `metrics`; null where that was not asked for',
  ),
  reasons: list(text(''), 'why it is worse, in sentences'),
  changes: list(ChangeRow, 'what differs'),
  log: defineRow('the commits between; null where both are the same', {
    source: orNull(CommitLog, 'of the source, where both links name the same one'),
    registry: orNull(CommitLog, 'of the registry'),
  }),
});
export type Difference = ValueOf<typeof Difference>;

/** What differs between the version of an artifact in a stage and what HEAD declares: `diff '#prod'`. */
export const StageDifference = defineRow('What differs between a stage and what HEAD declares', {
  ...Difference.fields,
  from: orNull(DiffSide, 'the version in the stage; null where it holds none'),
});
export type StageDifference = ValueOf<typeof StageDifference>;

/** A page on the web: `browse`. */
export const BrowseRow = defineRow('A page on the web', {
  target: orNull(text(''), 'what was asked for; null for the registry itself'),
  tag: orNull(text(''), 'tag that the page is about'),
  commit: orNull(oid(''), 'commit of the tag'),
  url: text('address of the page'),
});
export type BrowseRow = ValueOf<typeof BrowseRow>;

/** A tag of the registry that is not the same here and at the remote: `status`. */
export const StatusRow = defineRow(
  'A tag that is not the same here and at the remote',
  {
    tag,
    // missing here, or here as a lightweight tag, which is no event: remote-only; moved, or made again: differs; unreadable here: damaged
    state: choice(['local-only', 'remote-only', 'differs', 'damaged'], 'where the tag is'),
    local: orNull(oid(''), 'what the tag holds here'),
    remote: orNull(oid(''), 'what the tag holds at the remote'),
  },
  { state: 'state', tag: 'tag', local: 'here', remote: 'remote' },
);
export type StatusRow = ValueOf<typeof StatusRow>;

/** What became of one tag: `sync`. */
export const SyncRow = defineRow('What became of a tag', {
  tag,
  action: choice(
    ['fetched', 'pushed', 'differs', 'damaged'],
    '`differs`: the remote has another one of that name, and neither was touched; `damaged`: it cannot be read here, and the remote does not have it',
  ),
  oid: oid('what the remote has'),
});
export type SyncRow = ValueOf<typeof SyncRow>;

/** One tag that a write made or deleted, or would. */
export const WriteRow = defineRow('A tag that was written or deleted, or would be', {
  tag,
  event,
  artifact,
  version: orNull(version<VersionId>(''), 'the version; null for a deprecation'),
  stage: orNull(stage, 'name of the stage; null for an event of none'),
  commit: oid('commit that the tag leads to'),
  oid: orNull(oid(''), 'tag object; null in a dry run, where no tag object exists'),
  created: flag('false where the event was there before, so that nothing was written'),
  pushed: flag('whether the remote has it'),
});
export type WriteRow = ValueOf<typeof WriteRow>;

/** One approval that was written, or would be: `approve`. */
export const ApprovalRow = defineRow('An approval that was written, or would be', {
  tag,
  artifact,
  version: version<VersionId>('the version'),
  stage,
  commit,
  email: text('address of the approver'),
  oid: orNull(oid(''), 'tag object; null in a dry run, where no tag object exists'),
  pushed: flag('whether the remote has it'),
});
export type ApprovalRow = ValueOf<typeof ApprovalRow>;

/** One acceptance of rewritten history that was written, or would be: `verify --accept`. */
export const AcceptanceRow = defineRow('An acceptance of rewritten history that was written, or would be', {
  tag,
  artifact,
  gone: list(oid(''), 'tag objects that are accepted as gone'),
  email: text('address of the one who accepts'),
  message: lines('why'),
  oid: orNull(oid(''), 'tag object; null in a dry run, where no tag object exists'),
  pushed: flag('whether the remote has it'),
});
export type AcceptanceRow = ValueOf<typeof AcceptanceRow>;

/** A version that was approved of for a stage, or waits for it: `approvals`. */
export const ApprovedRow = defineRow(
  'A version that was approved of for a stage, or waits for it',
  {
    artifact,
    version: version<VersionId>('the version'),
    stage,
    commit,
    state: approved.state,
    wanted: approved.wanted,
    by: approved.by,
  },
  {
    artifact: 'artifact',
    version: 'version',
    stage: 'stage',
    state: 'state',
    wanted: 'wanted',
    by: 'approved by',
  },
);
export type ApprovedRow = ValueOf<typeof ApprovedRow>;

/** The configuration that was written: `init`. */
export const InitRow = defineRow('The configuration that was written', { path: text('path of the file') });

/** A link file that was written: `link`. */
export const LinkRow = defineRow('The link file that was written', {
  artifact: text('name of the artifact'),
  path: link,
  commit: orNull(oid(''), 'commit of the source; null when the link is not pinned'),
  sha256: orNull(sha256(''), 'SHA-256 of the bytes'),
  size: orNull(bytes),
});
export type LinkRow = ValueOf<typeof LinkRow>;

/** A link that was pinned again: `update`. */
export const UpdateRow = defineRow('A link that was pinned again', {
  artifact: text('name of the artifact'),
  path: link,
  from: orNull(oid(''), 'commit before; null for a store, and for a link that was not pinned'),
  to: orNull(oid(''), 'commit now; null for a store, and for a model of this repository'),
  sha256: orNull(sha256(''), 'SHA-256 of the bytes; null for a model of this repository whose link has none'),
  size: orNull(bytes),
  changed: flag('false when the link already had these values'),
  dropped,
});
export type UpdateRow = ValueOf<typeof UpdateRow>;

/** A link whose source has moved on since it was pinned: `outdated`. */
export const OutdatedRow = defineRow(
  'A link whose source has moved on',
  {
    artifact: text('name of the artifact'),
    path: link,
    source: named<LinkSource>('source', 'source of the link'),
    commit: orNull(oid(''), 'commit that the link pins'),
    now: orNull(oid(''), 'what its rev is now; null when the rev is gone'),
    newer: orNull(text(''), 'tag of a later version, or what takes the place of a deprecated artifact'),
    problem: orNull(text(''), 'why nothing is known of the source; null when it could be asked'),
  },
  { artifact: 'artifact', source: 'rev', commit: 'pinned', now: 'now', newer: 'newer' },
);
export type OutdatedRow = ValueOf<typeof OutdatedRow>;

/** One file of another tool, and what became of it: `import`. */
export const ImportRow = defineRow('A file of another tool, and what became of it', {
  from: text('the file, from the top of the repository'),
  path: orNull(text(''), 'the link file that was written; null when none was'),
  artifact: orNull(text(''), 'name of the artifact'),
  lost: list(text(''), 'what could not be carried over, in sentences'),
});
export type ImportRow = ValueOf<typeof ImportRow>;

/** An object of Kubernetes, which `kubectl apply` takes: `export kserve`. */
export const ManifestRow = defineRow('An object of Kubernetes', {
  apiVersion: text('group and version of its kind'),
  kind: choice(['InferenceService', 'ClusterStorageContainer'], 'what it is'),
  metadata: anything('name, labels and annotations'),
  spec: anything('what is wanted'),
});
export type ManifestRow = ValueOf<typeof ManifestRow>;

/** A model that was loaded: `load`. */
export const LoadRow = defineRow('The model that was loaded', {
  artifact: text('name of the artifact'),
  version: orNull(version<string>(''), 'the version; null when it was loaded by a rev'),
  commit: oid('commit of the registry at which the link was read'),
  path: text('the file or folder that holds it'),
  sha256: sha256('SHA-256 of the bytes; of chosen files as of a folder that has them alone'),
  size: bytes,
  files: orNull(list(text('')), 'the files that --include chose; null for the whole model'),
  pinned: flag(
    'false where the link does not say which bytes it means, so that another load may give others',
  ),
  source: named<LinkSource>('source', 'where it came from, with the commit that was read'),
});
export type LoadRow = ValueOf<typeof LoadRow>;

/** A file of a model: `files`. */
export const FileRow = defineRow(
  'A file of a model',
  {
    path: text('its path in the folder of the model; for a model of one file its name'),
    size: orNull(bytes, 'bytes; null where the source does not say'),
    sha256: orNull(sha256(''), 'SHA-256 of its bytes; null where only reading them would tell'),
  },
  { size: 'size', sha256: 'sha256', path: 'path' },
);
export type FileRow = ValueOf<typeof FileRow>;

/** The address of the bytes of a model: `load --url`. */
export const UrlRow = defineRow('The address of the bytes of a model', {
  artifact: text('name of the artifact'),
  version: orNull(version<string>(''), 'the version; null for a rev'),
  commit: oid('commit of the registry at which the link was read'),
  url: text('the address; the absolute path of a file of this machine'),
  expires: orNull(
    time(''),
    'until when it is valid, at the latest; null where that is not known, and where it does not expire',
  ),
  sha256: orNull(sha256(''), 'SHA-256 that the link promises'),
  size: orNull(bytes),
  pinned: flag('false where the link does not say which bytes it means'),
  note: orNull(text(''), 'what else a reader of the address has to know'),
});
export type UrlRow = ValueOf<typeof UrlRow>;

/** What came of an upload: `upload`. */
export const UploadRow = defineRow('The model that was uploaded', {
  artifact: text('name of the artifact'),
  path: link,
  url: text('where the model is'),
  sha256: sha256('SHA-256 of the bytes'),
  size: bytes,
  uploaded: flag('false when the store had all of it'),
  dropped,
  commit: orNull(oid(''), 'commit of the link file; null when it was not committed'),
  tags: list(WriteRow, 'the tags that were written'),
});
export type UploadRow = ValueOf<typeof UploadRow>;

/** Something that the cache keeps: `cache`. */
export const CacheRow = defineRow(
  'An entry of the cache',
  {
    kind: choice(['model', 'repository'], 'what it is'),
    name: text('of a model its file name, of a repository its address'),
    sha256: orNull(sha256(''), 'of a model; null for a repository'),
    path: text('where it is'),
    size: bytes,
    used: time('when it was last used'),
  },
  { kind: 'kind', size: 'size', used: 'last used', name: 'name', sha256: 'sha256' },
);

/** An object of a store that no link names: `store`. */
export const StoredRow = defineRow(
  'An object of a store that no link names',
  {
    key: text('its key, from the top of the store'),
    size: orNull(bytes, 'bytes; null where the store does not say'),
  },
  { size: 'size', key: 'key' },
);
export type StoredRow = ValueOf<typeof StoredRow>;

const level = choice(['error', 'warning', 'info'], 'how bad it is');

/** One thing that the doctor found: `doctor`. */
export const DoctorFinding = defineRow(
  'Something that is wrong, or worth knowing',
  {
    level,
    check: text('id of the check, such as `lightweight`'),
    subject: orNull(text(''), 'tag, artifact or file concerned; null for the repository itself'),
    message: text('what is wrong'),
    fix: orNull(text(''), 'command that repairs it; null where a person has to decide'),
  },
  { level: 'level', check: 'check', subject: 'subject', message: 'what', fix: 'fix' },
);
export type DoctorFinding = ValueOf<typeof DoctorFinding>;

/** One thing that a check found: `findings` of `validate`. */
export const Finding = defineRow('A finding', {
  level,
  rule: text('id of the rule, such as `link-rev`'),
  file: text('a file, from the top of the repository, or the full name of a ref'),
  line: whole('line of the file, from 1; 1 for a ref'),
  message: text('what is wrong'),
});
export type Finding = ValueOf<typeof Finding>;

/** What a validation found: `validate`. */
export const ReportRow = defineRow('What a validation found', {
  ok: flag('true while no finding is an error'),
  findings: list(Finding, 'what is wrong'),
});

/** Why a push is refused: `hook`. */
export const RefusalRow = defineRow('Why a tag is refused', { tag, message: text('the reason') });

/** A site that was written: `site`. */
export const SiteRow = defineRow('The site that was written', {
  path: text('the folder'),
  index: text('the page to open first'),
  files: size('how many files'),
  bytes,
  missing: list(artifact, 'artifacts without a page, because tags are missing or cannot be read'),
});
export type SiteRow = ValueOf<typeof SiteRow>;

/** A site that is served: `ui`. */
export const UiRow = defineRow('The site that is served', { url: text('address of the site') });

/** Registries that are served: `serve`. */
export const ServeRow = defineRow('Registries that are served', {
  url: text('address of the server on this machine'),
  s3: orNull(text(''), 'address of S3 alone; null without `--s3-port`'),
  faces: list(text('name of a face')),
  registries: list(text('name of a registry; empty for the only one')),
});

/** The script of a shell: `completion`. */
export const CompletionRow = defineRow('The script of a shell', {
  shell: text('name of the shell'),
  script: text('the script'),
});

/** A help text: `help`. */
export const HelpRow = defineRow('A help text', {
  topic: orNull(text(''), 'what it explains; null for the program'),
  text: text('the text'),
});

/** An error, in place of an answer. */
export const ErrorRow = defineRow('An error', {
  error: defineRow('what went wrong', {
    code: text('for programs'),
    message: text('for people'),
    hint: orNull(text(''), 'the way out'),
  }),
});
