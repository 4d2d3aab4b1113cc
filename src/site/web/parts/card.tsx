import { h, type JSX } from 'preact';
import type { CardNode } from '../card-node.js';

/** A model card. Whatever it holds becomes text and the elements of a closed list: see `CardNode`. */
export const Card = ({ file, nodes }: { file: string; nodes: readonly CardNode[] }): JSX.Element => (
  <section class="card">
    <h2>Model card</h2>
    <p class="quiet">
      <bdi>{file}</bdi>
    </p>
    <div dir="auto">{nodes.map(draw)}</div>
  </section>
);

function draw(node: CardNode): JSX.Element | string {
  if (typeof node === 'string') return node;
  const { tag, href, children } = node;
  const link = tag === 'a' && href !== undefined ? { href, rel: 'noopener noreferrer' } : {};
  return h(tag, link, ...children.map(draw));
}
