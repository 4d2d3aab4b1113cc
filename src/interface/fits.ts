import { dtypeName } from './dtype-name.js';
import { misfit, type Port, shownPort } from './shape.js';

/** Named inputs, outputs or tensors. */
export type PortMap = Readonly<Record<string, Port>>;

/** What goes into a model and comes out of it, and what its file says of itself; what is not said is not known. */
export interface ModelInterface {
  inputs?: PortMap | undefined;
  outputs?: PortMap | undefined;
  tensors?: PortMap | undefined;
  metadata?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** One way in which a model does not fit. */
export interface Misfit {
  /** The keys below `interface` that it is about. */
  path: readonly string[];
  message: string;
}

/**
 * All the ways in which a model does not fit what a consumer expects (docs/links.md, "Interfaces"). What is sent has to be taken: each
 * input with the same dtype and every shape that the consumer may send, and no other input needed. What is read has to be
 * given: each output and tensor with the same dtype, and no shape that the consumer does not expect.
 */
export function misfits(model: ModelInterface, expected: ModelInterface): Misfit[] {
  return [
    ...eachPort('inputs', model, expected, ({ name, port, wanted }) => {
      if (port === undefined) return `it takes no input '${name}', which is sent as ${shownPort(wanted)}`;
      return difference(`input '${name}'`, port, wanted, 'is sent', sentMisfit(wanted, port));
    }),
    ...neededInputs(model, expected),
    ...eachPort('outputs', model, expected, ({ name, port, wanted }) => {
      if (port === undefined) return `it gives no output '${name}', which is read as ${shownPort(wanted)}`;
      return difference(`output '${name}'`, port, wanted, 'is read', misfit(port.shape, wanted.shape));
    }),
    ...eachPort('tensors', model, expected, ({ name, port, wanted }) => {
      if (port === undefined) return `it has no tensor '${name}', which is read as ${shownPort(wanted)}`;
      return difference(`tensor '${name}'`, port, wanted, 'is read', misfit(port.shape, wanted.shape));
    }),
    ...metadataMisfits(model, expected),
  ];
}

/** What a consumer does not say of the shape that it sends is not compared. */
const sentMisfit = (sent: Port, port: Port): string | undefined =>
  sent.shape === undefined ? undefined : misfit(sent.shape, port.shape);

const difference = (
  what: string,
  port: Port,
  wanted: Port,
  how: string,
  shape: string | undefined,
): string | undefined => {
  const reason = dtypeName(port.dtype) === dtypeName(wanted.dtype) ? shape : 'the dtypes differ';
  return reason && `${what} is ${shownPort(port)}, and ${how} as ${shownPort(wanted)}: ${reason}`;
};

interface Pair {
  name: string;
  /** What the model has. */
  port: Port | undefined;
  wanted: Port;
}

type Group = 'inputs' | 'outputs' | 'tensors';

function eachPort(
  group: Group,
  model: ModelInterface,
  expected: ModelInterface,
  say: (pair: Pair) => string | undefined,
): Misfit[] {
  const wanted = expected[group];
  if (wanted === undefined) return [];
  const ports = model[group];
  if (ports === undefined)
    return [{ path: [], message: `nothing is known of its ${group}: add interface: to the link` }];
  return Object.entries(wanted).flatMap(([name, one]) => {
    const message = say({ name, port: own(ports, name), wanted: one });
    return message === undefined ? [] : [{ path: [group, name], message }];
  });
}

/** Names come from files: none of them may be found in the prototype of an object. */
const own = <T>(values: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

function neededInputs({ inputs = {} }: ModelInterface, expected: ModelInterface): Misfit[] {
  const sent = expected.inputs;
  if (sent === undefined) return [];
  return Object.entries(inputs).flatMap(([name, port]) =>
    port.optional || own(sent, name) !== undefined
      ? []
      : [
          {
            path: ['inputs', name],
            message: `it needs input '${name}', ${shownPort(port)}, which is not sent`,
          },
        ],
  );
}

function metadataMisfits({ metadata }: ModelInterface, expected: ModelInterface): Misfit[] {
  if (expected.metadata === undefined) return [];
  if (metadata === undefined)
    return [{ path: [], message: 'nothing is known of its metadata: add interface: to the link' }];
  return Object.entries(expected.metadata).flatMap(([name, wanted]) => {
    const value = own(metadata, name);
    if (String(value) === String(wanted)) return [];
    const is = value === undefined ? 'says nothing of' : `says '${value}' for`;
    return [
      { path: ['metadata', name], message: `it ${is} metadata '${name}', where '${wanted}' is expected` },
    ];
  });
}
