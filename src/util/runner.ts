/** Whether a runner of CI is at work, whose folders end with its job. */
export const isRunner = (env: NodeJS.ProcessEnv): boolean => /^(?:true|1)$/i.test(env.CI ?? '');
