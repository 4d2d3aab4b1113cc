import type { StageName } from '../names.js';

/** What a version has to fulfil before a stage takes it; absent rules ask for nothing. */
export interface StagePolicy {
  /** The stage that it must have been assigned to before. */
  after?: StageName | undefined;
  /** The branch that its commit must be on. */
  branch?: string | undefined;
  /** The addresses of those who may change what is in the stage. */
  by?: readonly string[] | undefined;
  /** Whether a tag that changes the stage must be signed. */
  signed?: boolean | undefined;
  /** How many others must have approved. */
  approvals?: number | undefined;
}

/** The rules of a team, by stage. */
export type Policy = Readonly<Record<StageName, StagePolicy>>;

/** The names of the rules that can be violated; `commit` and `name` hold wherever a stage has any policy. */
export type PolicyRule = keyof StagePolicy | 'commit' | 'name';

/** A rule that an event does not fulfil. */
export interface Violation {
  rule: PolicyRule;
  /** What is wrong, in one line. */
  message: string;
  /** The way out, in one line. */
  hint: string;
}
