/** The conditions of one file that `test` and `[[` have (`bash(1)`, Conditional Expressions). */
export function isFileTest(operator: string): boolean {
  return /^-[abcdefghkprstuwxGLNOS]$/.test(operator);
}

/** Those of two files. */
export function isFileComparison(operator: string): boolean {
  return /^-(?:nt|ot|ef)$/.test(operator);
}
