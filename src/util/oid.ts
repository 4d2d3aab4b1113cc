/** A whole object id, SHA-1 or SHA-256, in lower-case hexadecimal digits. */
export const OID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Whether a text is a whole object id. */
export const isOid = (text: string): boolean => OID.test(text);

/** An object id, or a SHA-256 of bytes, cut to what a message shows of it. */
export const short = (oid: string): string => oid.slice(0, 12);
