// Entries of the audit log in words. Their parts are text, or small objects whose fields are said one after the other.

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** The name that people know somebody by. */
export function who(actor: unknown): string {
  if (!isFields(actor)) return actor ? String(actor) : 'nobody signed in';
  const name = [actor.email, actor.name, actor.userId, actor.tokenId].find(
    (word) => typeof word === 'string',
  );
  return typeof name === 'string' ? name : partWords(actor);
}

export function partWords(part: unknown): string {
  if (part === null || part === undefined) return '';
  if (!isFields(part)) return String(part);
  return Object.entries(part)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name} ${isFields(value) ? JSON.stringify(value) : String(value)}`)
    .join(', ');
}
