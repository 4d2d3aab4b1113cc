import type { Nodes, Parent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import type { CardElement, CardNode, CardTag } from './web/card-node.js';

/** The most levels of quotes and lists inside each other; deeper ones are malicious. */
const DEPTH = 20;

/**
 * Reads a text in GitHub's Markdown as a model card. HTML becomes the text between its tags, a picture its description, and a link
 * to an address other than http(s) its text.
 * @param fileUrl the URL of a relative address; null where there is none
 */
export function readMarkdown(text: string, fileUrl: (path: string) => string | null): CardNode[] {
  const body = withoutFrontMatter(text);
  if (isTangled(body)) return [{ tag: 'pre', children: [body] }];
  const tree = fromMarkdown(body, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
  return inside(tree, { fileUrl, definitions: definitionsIn(tree) }, 0);
}

/** The most marks of emphasis in a paragraph. The parser tries each with each, and more of them take seconds. */
const MOST_MARKS = 1500;

/** Whether a text would keep the parser busy for long. It is shown as it is then. */
const isTangled = (text: string): boolean =>
  /^[\t >*+-]{200}/m.test(text) ||
  text
    // the cells of a table are parsed one by one
    .replaceAll(/^\|.*$/gm, '')
    .split(/\n[\t ]*\n/)
    .some((paragraph) => (paragraph.match(/[*_~]/g) ?? []).length > MOST_MARKS);

/** A card without its front matter, which model hubs put between lines of three dashes. */
const withoutFrontMatter = (text: string): string => {
  const end = text.startsWith('---\n') ? text.indexOf('\n---\n', 3) : -1;
  return end < 0 ? text : text.slice(end + 5);
};

interface Reading {
  fileUrl: (path: string) => string | null;
  definitions: ReadonlyMap<string, string>;
}

/** The addresses of link references. */
const definitionsIn = (tree: Parent): Map<string, string> =>
  new Map(
    (tree.children as Nodes[]).flatMap((node) =>
      node.type === 'definition' ? [[node.identifier, node.url] as const] : [],
    ),
  );

function inside(node: Parent, reading: Reading, depth: number): CardNode[] {
  if (depth > DEPTH) return [];
  return (node.children as Nodes[]).flatMap((child) => read(child, reading, depth + 1));
}

/** Elements whose only data is their content. */
const PLAIN: Partial<Record<Nodes['type'], CardTag>> = {
  paragraph: 'p',
  blockquote: 'blockquote',
  listItem: 'li',
  emphasis: 'em',
  strong: 'strong',
  delete: 'del',
  footnoteDefinition: 'p',
};

function read(node: Nodes, reading: Reading, depth: number): CardNode[] {
  const around = (tag: CardTag, of: Parent): CardElement => ({ tag, children: inside(of, reading, depth) });
  switch (node.type) {
    case 'text':
      return [node.value];
    case 'inlineCode':
      return [{ tag: 'code', children: [node.value] }];
    case 'code':
      return [{ tag: 'pre', children: [{ tag: 'code', children: [node.value] }] }];
    case 'heading':
      // the headings of the page are above those of the card
      return [around(`h${Math.min(6, node.depth + 2)}` as CardTag, node)];
    case 'list':
      return [around(node.ordered ? 'ol' : 'ul', node)];
    case 'break':
      return [{ tag: 'br', children: [] }];
    case 'thematicBreak':
      return [{ tag: 'hr', children: [] }];
    case 'html':
      return textOfHtml(node.value);
    case 'image':
    case 'imageReference':
      return node.alt ? [node.alt] : [];
    case 'link':
      return link(node.url, inside(node, reading, depth), reading);
    case 'linkReference':
      return link(reading.definitions.get(node.identifier) ?? '', inside(node, reading, depth), reading);
    case 'table':
      return table(node.children, reading, depth);
    default: {
      const tag = PLAIN[node.type];
      return tag !== undefined && 'children' in node ? [around(tag, node as Parent)] : [];
    }
  }
}

function table(rows: readonly Parent[], reading: Reading, depth: number): CardNode[] {
  const cells = (row: Parent, tag: CardTag): CardElement => ({
    tag: 'tr',
    children: (row.children as Parent[]).map((cell) => ({ tag, children: inside(cell, reading, depth) })),
  });
  const [head, ...body] = rows;
  return [
    {
      tag: 'table',
      children: [
        { tag: 'thead', children: head ? [cells(head, 'th')] : [] },
        { tag: 'tbody', children: body.map((row) => cells(row, 'td')) },
      ],
    },
  ];
}

function link(address: string, children: CardNode[], { fileUrl }: Reading): CardNode[] {
  const href = /^https?:\/\//i.test(address) ? address : isRelative(address) ? fileUrl(address) : null;
  return href === null || !URL.canParse(href) ? children : [{ tag: 'a', href, children }];
}

const isRelative = (address: string): boolean =>
  address !== '' && !/^[a-z][a-z0-9+.-]*:|^[/\\#?]/i.test(address);

/** The text between the tags of HTML; nothing for a comment. */
function textOfHtml(html: string): CardNode[] {
  if (html.startsWith('<!--')) return [];
  const text = html.replaceAll(/<[^<>]*>/g, '').trim();
  return text === '' ? [] : [text];
}
