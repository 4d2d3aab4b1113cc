import { Lexer, Parser } from 'yaml';

/**
 * Whether a YAML text nests deeper than a number of levels, found without recursion. The composer of the yaml package
 * recurses, and a text of ten thousand levels can end the process in a way that no handler catches. Its parser keeps
 * what is open on a stack, so that a look at the stack is enough.
 */
export function nestsDeeper(text: string, levels: number): boolean {
  const parser = new Parser();
  for (const token of new Lexer().lex(text)) {
    for (const _ of parser.next(token));
    if (parser.stack.length > levels && parser.stack.filter(isCollection).length > levels) return true;
  }
  return false;
}

const COLLECTIONS: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection']);
const isCollection = ({ type }: { type: string }): boolean => COLLECTIONS.has(type);
