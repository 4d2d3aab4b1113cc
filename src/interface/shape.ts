/** One dimension: how many values it has; a name or null where that may vary. */
export type Dimension = number | string | null;

/** How many values each dimension has, the outermost first; undefined where nothing is said. */
export type Shape = readonly Dimension[] | undefined;

/** An input, an output or a tensor. */
export interface Port {
  dtype: string;
  shape?: Shape;
  /** Whether a model does without it. */
  optional?: boolean | undefined;
}

/** A dtype and a shape as people read them: `float32[batch, 3]`. */
export const shownPort = ({ dtype, shape }: Port): string =>
  shape === undefined ? dtype : `${dtype}[${shape.map((size) => size ?? '?').join(', ')}]`;

/** Whether a dimension may have any number of values. */
export const varies = (size: Dimension): boolean => typeof size !== 'number';

/**
 * Why not every value of one shape is of another one, as the end of a sentence; undefined when it is. A dimension that varies
 * holds every number; one that does not, that number alone.
 */
export function misfit(given: Shape, wanted: Shape): string | undefined {
  if (wanted === undefined) return undefined;
  if (given === undefined) return 'its shape is not known';
  if (given.length !== wanted.length) return `it has ${count(given.length)}, not ${wanted.length}`;
  const at = wanted.findIndex((size, index) => !varies(size) && given[index] !== size);
  if (at < 0) return undefined;
  const [size, other] = [given[at] ?? null, wanted[at] ?? null];
  return `dimension ${at + 1} ${varies(size) ? 'may vary' : `is ${size}`}, and has to be ${other}`;
}

const count = (dimensions: number): string =>
  `${dimensions} ${dimensions === 1 ? 'dimension' : 'dimensions'}`;

/** Why two shapes are not the same, as the end of a sentence; undefined when they are. Names of dimensions do not count. */
export function unlike(one: Shape, other: Shape): string | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (one.length !== other.length) return `it has ${count(one.length)}, not ${other.length}`;
  const isSame = (size: Dimension, index: number): boolean =>
    varies(size) ? varies(other[index] ?? null) : size === other[index];
  const at = one.findIndex((size, index) => !isSame(size, index));
  return at < 0 ? undefined : `dimension ${at + 1} is ${one[at] ?? 'free'}, not ${other[at] ?? 'free'}`;
}
