/**
 * A model card as data: a text, or an element of a closed list. There is no place in it for HTML, for a handler, or for an
 * address other than http(s), so drawing it never runs anything.
 */
export type CardNode = string | CardElement;

/** An element of a model card. */
export interface CardElement {
  tag: CardTag;
  /** Of a link alone; http(s), checked when the card was read. */
  href?: string;
  children: readonly CardNode[];
}

/** The elements that a model card is made of. */
export type CardTag =
  | 'p'
  | 'h2'
  | 'h3'
  | 'h4'
  | 'h5'
  | 'h6'
  | 'ul'
  | 'ol'
  | 'li'
  | 'blockquote'
  | 'pre'
  | 'code'
  | 'em'
  | 'strong'
  | 'del'
  | 'a'
  | 'br'
  | 'hr'
  | 'table'
  | 'thead'
  | 'tbody'
  | 'tr'
  | 'th'
  | 'td';
