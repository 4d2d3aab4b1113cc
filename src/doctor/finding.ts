/** One thing that the doctor found. */
export interface Ailment {
  level: 'error' | 'warning';
  /** The id of the check, such as `lightweight`. */
  check: string;
  /** The tag, artifact or file concerned; null for the repository itself. */
  subject: string | null;
  message: string;
  /** The command that mends it, null where somebody has to decide. */
  fix: string | null;
}
