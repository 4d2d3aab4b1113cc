export type { Filter, OverviewOptions, Registry, VersionsOptions } from './api.js';
export { load, openRegistry, RegError } from './api.js';
export type { AcceptedAs, AcceptOptions } from './checks/accept.js';
export type { Report } from './checks/finding.js';
export type { ValidateOptions } from './checks/validate.js';
export type { VerifyOptions } from './checks/verify.js';
export type { Change } from './domain/differences.js';
export type { ErrorCode } from './errors.js';
export type { Host } from './host.js';
export type { AssignOptions, RegisterOptions, WithdrawOptions } from './registry/actions.js';
export type { ApprovalsOptions } from './registry/approvals.js';
export type { Approved, ApproveOptions } from './registry/approve.js';
export type { CheckRefOptions } from './registry/check-ref.js';
export type { DescribeOptions } from './registry/describe.js';
export type { DiffOptions } from './registry/diff.js';
export type { HistoryOptions } from './registry/history.js';
export type { LinkOptions } from './registry/link.js';
export type { LoadedModel, LoadOptions, Model } from './registry/load.js';
export type {
  ChooseOptions,
  ReadOptions,
  StagesOptions,
} from './registry/queries.js';
export type { RenameOptions } from './registry/rename.js';
export type {
  AcceptanceRow,
  ApprovalRow,
  ApprovedRow,
  BrowseRow,
  CheckedRow,
  CommitLog,
  Description,
  Difference,
  DiffSide,
  Finding,
  HistoryRow,
  IntervalRow,
  LinkRow,
  LogRow,
  OutdatedRow,
  OverviewRow,
  ShownVersion,
  SiteRow,
  StageDifference,
  StageRow,
  StatusRow,
  SyncRow,
  UpdateRow,
  UploadRow,
  UrlRow,
  VerifiedRow,
  VersionRow,
  WriteRow,
} from './registry/rows.js';
export type { SyncOptions } from './registry/sync.js';
export type { UpdateOptions } from './registry/update.js';
export type { UploadOptions } from './registry/upload.js';
export type { UrlOptions } from './registry/url-of.js';
export type { WriteOptions, Written } from './registry/write.js';
export type { Ui, UiOptions } from './serve/ui.js';
export type { SiteOptions } from './site/write.js';
