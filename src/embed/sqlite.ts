// Helpers for SQLite: transactions, pragmas, and what its errors mean.

import type { DatabaseSync } from "node:sqlite";

export function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

export function numberOf(database: DatabaseSync, pragma: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get()!)[0]);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isDamage(error: unknown): boolean {
  return /not a database|malformed|no such (table|column)/.test(messageOf(error));
}

/** Ends the sentence that begins with the name of the file that failed. */
export function reasonOf(error: unknown): string {
  const message = messageOf(error);
  if (/locked|busy/.test(message)) return "is in use by another program";
  if (/disk is full|no space|disk I\/O|too large/i.test(message)) return "cannot grow: the disk is full";
  if (/another program/.test(message)) return "belongs to another program";
  if (/read-?only|unable to open|denied|permitted|access to|exists|directory/i.test(message)) {
    return "cannot be written";
  }
  return `cannot be used (${message.split("\n")[0]})`;
}
