import { Lexer } from 'yaml';

/**
 * An upper bound of how deep a YAML text nests, found without recursion. The composer of the yaml package recurses,
 * and a text of ten thousand levels can end the process in a way that no handler catches.
 */
export function nestingBound(text: string): number {
  let flow = 0;
  let deepest = 0;
  const columns: number[] = [];
  let column = 0;
  let lineStart = true;
  for (const token of new Lexer().lex(text)) {
    // the lexer announces documents and scalars with single control characters, which take no room in the line
    if (/^[\x02\x18\x1f\ufeff]$/.test(token)) continue;
    const blank = token.trim() === '';
    if (token === '[' || token === '{') flow += 1;
    else if (token === ']' || token === '}') flow -= 1;
    else if (lineStart && !blank) {
      while ((columns.at(-1) ?? -1) >= column) columns.pop();
      columns.push(column);
    }
    deepest = Math.max(deepest, columns.length + flow);
    // `- ` and `? ` open a level each, so what follows them still is at the start of a line
    lineStart = token.endsWith('\n') || (lineStart && (blank || token === '-' || token === '?'));
    column = token.endsWith('\n') ? 0 : column + token.length;
  }
  return deepest;
}
