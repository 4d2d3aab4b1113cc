import * as z from 'zod/mini';

/** `rules` of `.reg.yaml`: how bad it is to break a rule, where its own level does not suit. */
export const RuleLevelsSchema = z.record(
  z.string(),
  z.enum(['off', 'info', 'warning', 'error'], 'is none of off, info, warning and error'),
);

/** Levels by the id of their rule. */
export type RuleLevels = z.output<typeof RuleLevelsSchema>;
