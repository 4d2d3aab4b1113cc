/** One thing that a check found (SPEC §5, `validate`). */
export interface Finding {
  level: 'error' | 'warning';
  /** The id of the rule, such as `link-rev`. */
  rule: string;
  /** From the top of the repository. */
  file: string;
  /** Counted from 1. */
  line: number;
  message: string;
}

/** What a validation found; `ok` while no finding is an error. */
export interface Report {
  ok: boolean;
  findings: Finding[];
  /** How many link files were looked at. */
  checked: number;
}
