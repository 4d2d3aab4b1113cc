import { type Context, Hono } from 'hono';
import type { Core } from '../core.js';
import { cachingOf, type Face, type FaceEnv, problemAnswer, rawPathOf } from '../face.js';
import { checkPaths, fileAt, isFixedPath, type ReadPath, readPath, timeAt } from './paths.js';

// Files as any client of HTTP asks for them: `churn/prod/model.onnx`, and all of a version as `churn/prod.tar`.

type FilesContext = Context<FaceEnv>;

/** The face of plain files. */
export const files: Face = { name: 'files', base: '/files', make, check: checkPaths };

function make(core: Core, base: string): Hono<FaceEnv> {
  const app = new Hono<FaceEnv>();
  app.get('/*', (c) => sendPath(core, c, rawPathOf(c.req.raw).slice(base.length)));
  app.all('/*', (c) =>
    problemAnswer(c, 405, 'this registry is read-only here: write to it with reg register and reg assign', {
      Allow: 'GET, HEAD',
    }),
  );
  return app;
}

const TAR = '.tar';

/** Answers a request for a file, or for all files of a version as an archive. @param raw the path, with its escapes */
export async function sendPath(core: Core, c: FilesContext, raw: string): Promise<Response> {
  const path = decoded(raw);
  if (path === undefined) return problemAnswer(c, 400, 'the path has a malformed escape');
  const read = await readPath(core, path);
  const found = await fileAt(core, read);
  if (read !== undefined && found !== undefined) {
    const headers = await headersOf(read, found.version);
    return core.send(requestOf(c), found.version, found.file, { headers });
  }
  const whole = path.endsWith(TAR) ? await readPath(core, path.slice(0, -TAR.length)) : undefined;
  if (whole?.file !== '')
    return problemAnswer(
      c,
      404,
      'there is no such file: ask for ARTIFACT/REVISION/FILE or ARTIFACT/REVISION.tar',
    );
  const version = await core.find(whole.registry, whole.artifact, whole.revision);
  const headers = await headersOf(whole, version);
  const time = await timeAt({ ...whole, assigned: undefined }, version);
  return core.sendArchive(requestOf(c), version, time, headers);
}

const headersOf = async (
  read: ReadPath,
  version: Parameters<typeof timeAt>[1],
): Promise<Record<string, string>> => ({
  ...cachingOf(isFixedPath(read)),
  'Last-Modified': new Date((await timeAt(read, version)) * 1000).toUTCString(),
  'Reg-Version': version.version,
});

const requestOf = (c: FilesContext) => ({
  method: c.req.method,
  header: (name: string) => c.req.header(name),
});

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path.replace(/^\/+/, ''));
  } catch {
    return undefined;
  }
}
