import process from 'node:process';

/** The number of the user that this process acts for; undefined where users have none (Windows). */
export const userNumber = (): number | undefined => process.geteuid?.();
