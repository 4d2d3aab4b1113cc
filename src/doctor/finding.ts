/** One thing that the doctor found. */
export interface Ailment {
  /** An `info` is allowed and worth knowing; anything else makes the doctor exit 1. */
  level: 'error' | 'warning' | 'info';
  /** The id of the check, such as `lightweight`. */
  check: string;
  /** The tag, artifact or file concerned; null for the repository itself. */
  subject: string | null;
  message: string;
  /** The command that mends it, null where somebody has to decide. */
  fix: string | null;
}
