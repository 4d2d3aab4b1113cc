import process from 'node:process';
import { main } from './main.js';
import { thisWorld } from './world.js';

// a reader that has seen enough, such as head(1), closes the pipe: that is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
process.exitCode = await main(process.argv.slice(2), thisWorld());
