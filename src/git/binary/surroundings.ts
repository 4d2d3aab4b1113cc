/** What a run of git takes from the process around it. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  /** Ends what is running. */
  signal?: AbortSignal | undefined;
}

/** Transports that a link or a `--repo` may use; `ext::` and its like run commands (git-remote-ext(1)). */
const TRANSPORTS = 'https:http:ssh:git:file';

/**
 * simple-git guards against options and variables that start programs. Here every argument is made by this program,
 * none is passed on from a file, and the variables are the user's own, as for any git command: `git reg`, a hook and a
 * CI runner set many of them.
 */
export const TRUST_THE_USER = {
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeCommandBinaries: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeDiffExternal: true,
  allowUnsafeDiffTextConv: true,
  allowUnsafeEditor: true,
  allowUnsafeExec: true,
  allowUnsafeFilter: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeGitProxy: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeHooksPath: true,
  allowUnsafeInclude: true,
  allowUnsafeMergeDriver: true,
  allowUnsafePack: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafeSshCommand: true,
  allowUnsafeSubmodule: true,
  allowUnsafeTemplateDir: true,
  allowUnsafeUrlRewrite: true,
};

/** The environment that git gets: the user's own, but for locale, locks and allowed transports. */
export const gitVariables = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  GIT_ALLOW_PROTOCOL: TRANSPORTS,
  ...env,
  LC_ALL: 'C',
  GIT_OPTIONAL_LOCKS: '0',
  // a replacement object would make a tag answer for another one (git-replace(1))
  GIT_NO_REPLACE_OBJECTS: '1',
});

// the list of `git rev-parse --local-env-vars`
const LOCAL =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|PREFIX|NAMESPACE|GRAFT_FILE|SHALLOW_FILE|CONFIG|IMPLICIT_WORK_TREE|REPLACE_REF_BASE|INTERNAL_SUPER_PREFIX)$/;

/** An environment without what points git at one repository, for work in another one; hooks have it set. */
export const withoutLocalVariables = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !LOCAL.test(name)));
