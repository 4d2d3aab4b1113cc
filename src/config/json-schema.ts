import * as z from 'zod/mini';
import { ConfigSchema } from './schema.js';

/** The JSON Schema of `.reg.yaml`, for editors: what `schema/reg-config.schema.json` holds. */
export const configJsonSchema = (): unknown => ({
  ...z.toJSONSchema(ConfigSchema),
  title: 'Configuration of a registry',
  description: 'Which stages there are, how models are linked and pushed, and what they have to fulfil.',
});
