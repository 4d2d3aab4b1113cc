import * as z from 'zod/mini';
import { InterfaceSchema } from '../links/interface-schema.js';

/** `expects` of `.reg.yaml`: what each consumer of a model sends to it, and reads of it. */
export const ConsumersSchema = z.record(
  z.string(),
  z.extend(InterfaceSchema, { artifact: z.string('is not the name of an artifact') }),
);

/** What consumers expect, by their names. */
export type Consumers = z.output<typeof ConsumersSchema>;
