import type { ServerResponse } from 'node:http';

/** The one bucket that is open. */
export const BUCKET = 'models';

/** What a call tells of an object. */
export const resource = (name: string, bytes: Buffer) => ({
  kind: 'storage#object',
  bucket: BUCKET,
  name,
  // 64-bit numbers are strings in JSON
  size: String(bytes.length),
});

/** Answers with JSON. */
export const tell = (response: ServerResponse, value: object, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
  response.end(JSON.stringify(value));
};

/** Answers with an error. */
export const refuse = (response: ServerResponse, code: number, message: string, reason: string): void =>
  tell(response, { error: { code, message, errors: [{ message, domain: 'global', reason }] } }, code);
