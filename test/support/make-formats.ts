/**
 * Writes the files of fixtures/formats, which are computed here byte by byte. From the top of the repository:
 *
 *     npx esbuild test/support/make-formats.ts --bundle --platform=node --format=esm | node --input-type=module
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { FORMAT_FILES } from './format-files.js';

const FOLDER = 'fixtures/formats';

mkdirSync(FOLDER, { recursive: true });
for (const [name, [, bytes]] of Object.entries(FORMAT_FILES)) writeFileSync(`${FOLDER}/${name}`, bytes);
