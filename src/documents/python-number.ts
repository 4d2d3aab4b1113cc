/** A number as Python prints it: `1.0` is not `1`, and no digit of a long integer is lost. */
export class PythonNumber {
  constructor(
    readonly text: string,
    readonly value: number,
  ) {}
}

const INTEGER = /^[-+]?[0-9][0-9_]*$/;
const FLOAT = /^[-+]?(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/;

/** The number that a text without quotes is, or the value that it has otherwise. */
export function numberOf(source: string, value: unknown): unknown {
  const plain = source.replaceAll('_', '');
  if (INTEGER.test(source)) {
    const digits = BigInt(plain.replace(/^[-+]/, ''));
    return pythonInteger(plain.startsWith('-') ? -digits : digits);
  }
  if (FLOAT.test(source)) return pythonFloat(Number(plain));
  return typeof value === 'number' ? pythonFloatOrInteger(value) : value;
}

/** An integer of any length. */
export const pythonInteger = (value: bigint): PythonNumber => new PythonNumber(String(value), Number(value));

/** A float, also where it is whole. */
export const pythonFloat = (value: number): PythonNumber => new PythonNumber(floatText(value), value);

/** The number of a language that has one kind of them. */
export const pythonFloatOrInteger = (value: number): PythonNumber =>
  Number.isInteger(value) ? new PythonNumber(String(value), value) : pythonFloat(value);

/** A float as Python's `repr` has it: the fewest digits that tell it from others. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [, sign = '', first = '0', rest = '', exponent = '0'] =
    /^(-?)(\d)(?:\.(\d+))?e([-+]\d+)$/.exec(Object.is(value, -0) ? '-0e+0' : value.toExponential()) ?? [];
  const power = Number(exponent);
  const digits = first + rest;
  if (power < -4 || power >= 16) {
    const mantissa = rest === '' ? first : `${first}.${rest}`;
    return `${sign}${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${digits}`;
  const whole = digits.slice(0, power + 1).padEnd(power + 1, '0');
  return `${sign}${whole}.${digits.slice(power + 1) || '0'}`;
}
