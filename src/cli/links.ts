import type { WebPages } from '../domain/web-pages.js';
import { pagesOf } from '../registry/browse.js';
import type { RegistryContext } from '../registry/context.js';
import type { Output } from './output.js';
import { showsHyperlinks } from './render/hyperlink.js';

/** Where tags and commits lead to on this terminal; undefined where nothing is to be a link. */
export const linksOf = async ({ world }: Output, context: RegistryContext): Promise<WebPages | undefined> =>
  // who clicks is told of no trouble with the configuration: the command tells it
  showsHyperlinks(world) && world.isTTY ? pagesOf(context).catch(() => undefined) : undefined;
