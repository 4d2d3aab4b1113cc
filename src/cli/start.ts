import { readFileSync } from 'node:fs';
import process from 'node:process';
import { main } from './main.js';
import { thisWorld } from './world.js';

// a reader that has seen enough, such as head(1), closes the pipe: that is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.stderr.write(`error: cannot write the answer: ${error.message}\n`);
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});
// from package.json beside dist, so that it is written down once
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
process.exitCode = await main(process.argv.slice(2), thisWorld(version));
