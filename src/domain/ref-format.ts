/**
 * Says what git would have against a ref name, or undefined when it is well formed (git-check-ref-format(1)).
 * @param refName the full name, such as `refs/tags/churn@v1.0.0`
 */
export function refFormatProblem(refName: string): string | undefined {
  if (/[\x00-\x20\x7f~^:?*[\\]/.test(refName)) return 'it holds a character that git does not allow in a ref';
  if (refName.includes('..')) return "it holds '..'";
  if (refName.includes('@{')) return "it holds '@{'";
  if (refName.endsWith('.') || refName.endsWith('/')) return 'it ends in a dot or a slash';
  for (const part of refName.split('/')) {
    if (part === '') return 'it holds an empty part between slashes';
    if (part.startsWith('.')) return `its part '${part}' begins with a dot`;
    if (part.endsWith('.lock')) return `its part '${part}' ends in '.lock'`;
  }
  return undefined;
}
