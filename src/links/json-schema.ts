import * as z from 'zod/mini';
import { LinkSchema } from './schema.js';

/** The JSON Schema of link files, for editors: what `schema/model-link.schema.json` holds. */
export const linkJsonSchema = (): unknown => ({
  ...z.toJSONSchema(LinkSchema),
  title: 'Link to a model',
  description: 'Where a model comes from, which bytes it is, and what is known about it.',
});
