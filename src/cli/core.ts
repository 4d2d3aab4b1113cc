// What most runs need, loaded at once: in the built program it is one file, with all that it imports.
export * from './commands/reading.js';
export { fetchingOf } from './fetching.js';
export { namesIn } from './names.js';
export { errorInPlace, startSession } from './session.js';
