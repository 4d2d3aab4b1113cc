import { dtypeName } from './dtype-name.js';
import type { Misfit, ModelInterface, PortMap } from './fits.js';
import { shownPort, unlike } from './shape.js';

/**
 * All the ways in which what is declared of a model is not what its file says. Inputs and outputs are declared all or not at all;
 * of tensors and metadata, which are many, any.
 */
export function contradictions(declared: ModelInterface, file: ModelInterface): Misfit[] {
  return [
    ...portContradictions('inputs', declared.inputs, file.inputs, true),
    ...portContradictions('outputs', declared.outputs, file.outputs, true),
    ...portContradictions('tensors', declared.tensors, file.tensors, false),
    ...metadataContradictions(declared.metadata, file.metadata),
  ];
}

function portContradictions(
  group: string,
  declared: PortMap | undefined,
  file: PortMap | undefined,
  isWhole: boolean,
): Misfit[] {
  // formats that do not carry the group say nothing of it
  if (declared === undefined || file === undefined) return [];
  const what = group.slice(0, -1);
  const wrong = Object.entries(declared).flatMap(([name, port]) => {
    const found = Object.hasOwn(file, name) ? file[name] : undefined;
    const path = [group, name];
    if (found === undefined) return [{ path, message: `the file has no ${what} '${name}'` }];
    const reason =
      dtypeName(port.dtype) === dtypeName(found.dtype)
        ? unlike(port.shape, found.shape)
        : 'the dtypes differ';
    if (reason === undefined) return [];
    return [
      {
        path,
        message: `${what} '${name}' is declared as ${shownPort(port)}, and is ${shownPort(found)}: ${reason}`,
      },
    ];
  });
  const missing = Object.entries(file)
    .filter(([name, { optional }]) => isWhole && !optional && !Object.hasOwn(declared, name))
    .map(([name, port]) => ({
      path: [group],
      message: `${what} '${name}' of the file, ${shownPort(port)}, is not declared`,
    }));
  return [...wrong, ...missing];
}

function metadataContradictions(
  declared: ModelInterface['metadata'],
  file: ModelInterface['metadata'],
): Misfit[] {
  if (declared === undefined || file === undefined) return [];
  return Object.entries(declared).flatMap(([name, value]) => {
    const found = Object.hasOwn(file, name) ? file[name] : undefined;
    if (String(found) === String(value)) return [];
    const says = found === undefined ? 'does not say it' : `says '${found}'`;
    return [
      {
        path: ['metadata', name],
        message: `metadata '${name}' is declared as '${value}', and the file ${says}`,
      },
    ];
  });
}
