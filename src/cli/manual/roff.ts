/** Text as roff takes it literally (groff(7), "Escapes"); a dash is the minus sign that people copy. */
export const literal = (text: string): string =>
  text
    .replaceAll('\\', '\\(rs')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('…', '...')
    .replaceAll('·', '\\(bu')
    // a dot that begins a line would be a request
    .replaceAll(/^\./gm, '\\&.');

/** A section of a page (man(7)). */
export const section = (title: string, ...body: readonly string[]): string =>
  [`.SH ${title.toUpperCase()}`, ...body].join('\n');

/** A term in bold, and what it means. */
export const entry = (term: string, meaning: string): string =>
  `.TP\n.B ${literal(term)}\n${literal(meaning)}`;

/** Lines as they are. */
export const verbatim = (text: string): string => `.nf\n${literal(text)}\n.fi`;
