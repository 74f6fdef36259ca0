/**
 * Returns a name that is safe to print on a terminal, whatever a file is called: on one line, without control
 * characters or changes of text direction.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}
