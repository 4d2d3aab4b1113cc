import type { DoctorRow } from '../registry/rows.js';

/** One thing that the doctor found. An `info` is allowed and worth knowing; anything else makes the doctor exit 1. */
export type Ailment = DoctorRow;
