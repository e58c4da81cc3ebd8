/** Variables that change nothing but how something is shown. */
const harmless = /^(?:CI|TERM|LANG|LC_[A-Z]+|NO_COLOR|FORCE_COLOR|TZ)$/;

export function isHarmlessVariable(name: string): boolean {
  return harmless.test(name);
}
