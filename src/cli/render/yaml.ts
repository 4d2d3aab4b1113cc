import { Document, isScalar, Scalar, visit } from 'yaml';

/** Texts that no parser takes for anything else; those of YAML 1.1, which Kubernetes reads, know more numbers and booleans than 1.2. */
const PLAIN = /^[A-Za-z][A-Za-z0-9_/.-]*$/;
const WORDS = /^(y|n|yes|no|on|off|true|false|null)$/i;
/** What may stand in a block as it is. */
const PRINTABLE = /^[\x20-\x7e\n]*$/;

/** YAML of a value, for tools of either version of YAML. Control characters that came from a repository are escaped. */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      if (!isScalar(node) || typeof node.value !== 'string') return;
      const { value: text } = node;
      if (text.includes('\n') && PRINTABLE.test(text)) node.type = Scalar.BLOCK_LITERAL;
      else if (!PLAIN.test(text) || WORDS.test(text)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document
    .toString({ lineWidth: 0 })
    .replaceAll(
      /[^\x20-\x7e\n]/gu,
      (found) => `\\U${(found.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
    );
}
