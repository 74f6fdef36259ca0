/** A name on a terminal: on one line, moving no cursor and turning no text around, whatever a file is called. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}
