import { RegError } from '../errors.js';

/**
 * Imports a client that is installed by those who need it alone (`peerDependencies` that are optional).
 *
 * The specifier stays a literal in the caller, `() => import('@aws-sdk/client-s3')`, and the package stays out of the
 * bundle, so that Node.js looks for it from where this program is installed: the `node_modules` folders there and above
 * (Node.js, "Determining module system", ESM resolution). A program that is installed globally finds the packages that are.
 * The working folder is not asked: a cloned repository may bring a `node_modules` folder, and its code must never run.
 * @param major the major version that the adapter was written for
 * @throws RegError PACKAGE_MISSING with the `npm install` that helps
 */
export async function importPeer<T>(name: string, major: number, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    throw new RegError(
      'PACKAGE_MISSING',
      `the package ${name} is needed for this and is not installed`,
      `npm install ${name}@${major} (with --global where git-reg was installed so)`,
    );
  }
}

/** Whether that very package was not found, and not one that it needs itself (Node.js errors, ERR_MODULE_NOT_FOUND). */
const isMissing = (error: unknown, name: string): boolean =>
  error instanceof Error &&
  (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' &&
  error.message.includes(`package '${name}'`);
