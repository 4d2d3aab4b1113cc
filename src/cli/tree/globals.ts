import { type OptionSpec, option } from './spec.js';

/** The options that every command has (SPEC §5). */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  option('-r, --repo <path|url>', 'the repository that holds the registry (env REG_REPO, default .)'),
  option('--json', 'answer in JSON', { shown: '--json[=<field,…>]' }),
  option('--color <when>', 'colour the output', { choices: ['auto', 'always', 'never'] }),
  option('-q, --quiet', 'print the answer and errors, no notes and hints'),
  option('-v, --verbose', 'show where an unexpected error comes from'),
];
