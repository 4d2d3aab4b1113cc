import { latin1, u32, u64 } from './format-bytes.js';

/**
 * `OrderedDict()`, a state without weights, as CPython's own pickler writes it in each protocol. Its bytes are those of
 * `pickle.dumps(collections.OrderedDict(), protocol)`.
 */
export const PICKLES: Readonly<Record<0 | 1 | 2 | 3 | 4 | 5, Buffer>> = {
  0: latin1('ccollections\nOrderedDict\np0\n(tRp1\n.'),
  1: latin1('ccollections\nOrderedDict\nq\x00)Rq\x01.'),
  2: latin1('\x80\x02ccollections\nOrderedDict\nq\x00)Rq\x01.'),
  3: latin1('\x80\x03ccollections\nOrderedDict\nq\x00)Rq\x01.'),
  4: framed(4, '\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93\x94)R\x94.'),
  5: framed(5, '\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93\x94)R\x94.'),
};

function framed(protocol: number, opcodes: string): Buffer {
  return Buffer.concat([
    latin1(`\x80${String.fromCharCode(protocol)}\x95`),
    u64(opcodes.length),
    latin1(opcodes),
  ]);
}

const short = (text: string): string => `\x8c${String.fromCharCode(text.length)}${text}\x94`;
const global = (module: string, name: string): string => `${short(module)}${short(name)}\x93\x94`;

/**
 * Two numbers in an array as `joblib.dump` writes them: what describes the array, its bytes behind, then the end. The frame
 * holds no more than joblib's pickler had gathered by then.
 */
export const JOBLIB = Buffer.concat([
  framed(
    4,
    [
      `${global('joblib.numpy_pickle', 'NumpyArrayWrapper')})\x81\x94}\x94(`,
      `${short('subclass')}${global('numpy', 'ndarray')}`,
      `${short('shape')}K\x02\x85\x94${short('order')}${short('C')}`,
      `${short('dtype')}${global('numpy', 'dtype')}${short('f8')}\x89\x88\x87\x94R\x94`,
      `(K\x03${short('<')}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t\x94b`,
      `${short('allow_mmap')}\x88ub`,
    ].join(''),
  ),
  Buffer.from(new Float64Array([1.5, -2]).buffer),
  latin1('.'),
]);

/** A file of `torch.save` before PyTorch 1.6: four pickles, of which the first is a number, and the keys of no storages. */
export const OLD_TORCH = Buffer.concat([
  latin1('\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.'),
  latin1('\x80\x02M\xe9\x03.'),
  latin1('\x80\x02}q\x00(X'),
  ...[u32(16), latin1('protocol_versionq\x01M\xe9\x03X'), u32(13), latin1('little_endianq\x02\x88u.')],
  PICKLES[2],
  latin1('\x80\x02]q\x00.'),
]);
