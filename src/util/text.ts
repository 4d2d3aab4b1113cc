/** C0, DEL and C1, and the separators that end lines in some places (Unicode, Cc, Zl and Zp). */
export const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
