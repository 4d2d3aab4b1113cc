// What build.js makes of the program's definitions.
export { configJsonSchema } from '../documents/config.js';
export { linkJsonSchema } from '../documents/link.js';
export { manualPages } from './manual/pages.js';
export { outputJsonSchema } from './schema/json-schema.js';
export { siteDataJsonSchema } from './schema/site-data.js';
