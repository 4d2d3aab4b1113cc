// What build.js makes of the program's definitions.
export { configJsonSchema } from '../config/json-schema.js';
export { linkJsonSchema } from '../links/json-schema.js';
export { manualPages } from './manual/pages.js';
export { outputJsonSchema } from './schema/json-schema.js';
export { siteDataJsonSchema } from './schema/site-data.js';
