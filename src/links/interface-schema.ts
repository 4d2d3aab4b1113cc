import * as z from 'zod/mini';

const DIMENSION = 'is not a dimension: a whole number, or a name or null for one that may vary';
const dimension = z.union(
  [z.int(DIMENSION).check(z.nonnegative(DIMENSION)), z.string().check(z.minLength(1, DIMENSION)), z.null()],
  DIMENSION,
);

const PortsSchema = z.record(
  z.string(),
  z.strictObject(
    {
      dtype: z.string('is not a text, such as float32').check(z.minLength(1, 'is empty')),
      shape: z.optional(z.array(dimension, 'is not a list of dimensions, such as [batch, 3]')),
      optional: z.optional(z.boolean('is neither true nor false')),
    },
    'is not a mapping, such as {dtype: float32, shape: [batch, 3]}',
  ),
  'is not a mapping of names',
);

/** `interface` of a link: what goes into a model and comes out of it, and what its file says of itself. */
export const InterfaceSchema = z.strictObject(
  {
    inputs: z.optional(PortsSchema),
    outputs: z.optional(PortsSchema),
    tensors: z.optional(PortsSchema),
    metadata: z.optional(
      z.record(
        z.string(),
        z.union([z.string(), z.number(), z.boolean()], 'is not a text, a number or a boolean'),
      ),
    ),
  },
  'is not a mapping of inputs and outputs',
);

/** The interface of a model. */
export type Interface = z.output<typeof InterfaceSchema>;
