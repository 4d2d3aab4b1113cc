import { Readable } from 'node:stream';
import { RegError } from '../../src/errors.js';
import type { SourceFile, SourceModel } from '../../src/models/source.js';
import type { ByteRange } from '../../src/net/http.js';

/** How a source in memory fails, by the number of the request that is being answered, from 1 on. */
export type Fault = (request: number) => 'break off' | 'stop short' | 'refuse' | undefined;

/** A file of a source in memory, and what was asked of it. */
export interface FakeFile extends SourceFile {
  asked: (ByteRange | undefined)[];
}

/** Makes a file of a source in memory; a broken one sends half of what was asked for. */
export function fileIn(
  path: string,
  bytes: string | Uint8Array,
  about: Partial<SourceFile> = {},
  fault: Fault = () => undefined,
): FakeFile {
  const content = Buffer.from(bytes);
  const asked: FakeFile['asked'] = [];
  return {
    path,
    size: content.length,
    ranges: true,
    ...about,
    asked,
    open: async (range) => {
      asked.push(range);
      const part = content.subarray(range?.start ?? 0, range?.end ?? content.length);
      switch (fault(asked.length)) {
        case 'refuse':
          throw new RegError('STORE_FAILED', 'refused');
        case 'break off':
          return Readable.from(brokenOff(part), { objectMode: false });
        case 'stop short':
          return Readable.from([part.subarray(0, part.length >> 1)], { objectMode: false });
        default:
          return Readable.from([part], { objectMode: false });
      }
    },
  };
}

async function* brokenOff(part: Buffer): AsyncGenerator<Buffer> {
  yield part.subarray(0, part.length >> 1);
  throw new RegError('STORE_FAILED', 'the connection broke');
}

/** A model of one file. */
export const oneFile = (file: SourceFile): SourceModel => ({ kind: 'file', name: file.path, files: [file] });

/** A model that is a folder. */
export const folderOf = (...files: SourceFile[]): SourceModel => ({ kind: 'folder', name: 'model', files });
