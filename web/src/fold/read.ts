// Reads what events carry in `data` and `error` as strictly as the server's fold does: a value of another shape is as
// good as absent. What JSON.parse can't tell apart (3 and 3.0, a key given twice) is beyond it.

const NODE_REF_MAX_BYTES = 256; // contract, limits
const U32_MAX = 0xffff_ffff;

type Fields<K extends string> = { [key in K]?: unknown };

/**
 * The named fields of an object, null as absent; undefined where `value` is none. serde takes an array for a struct too:
 * its elements in the fields' order, and at least `least` of them.
 */
export function fieldsOf<K extends string>(
  value: unknown,
  names: readonly K[],
  least: number,
): Fields<K> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value) && (value.length > names.length || value.length < least)) return undefined;
  const source = value as Record<string, unknown>;
  const fields: Fields<K> = {};
  names.forEach((name, place) => {
    const found = Array.isArray(value)
      ? value[place]
      : Object.hasOwn(source, name)
        ? source[name]
        : undefined;
    if (found !== null && found !== undefined) fields[name] = found;
  });
  return fields;
}

export const isText = (value: unknown): value is string => typeof value === 'string';

/** A whole number that is not negative. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0;

export const isU32 = (value: unknown): value is number => isCount(value) && value <= U32_MAX;

export const isNodeRef = (value: unknown): value is string =>
  isText(value) &&
  value !== '' &&
  (value.length * 3 <= NODE_REF_MAX_BYTES || new TextEncoder().encode(value).length <= NODE_REF_MAX_BYTES);

export interface ErrorFact {
  message: string;
  code?: string;
  type?: string;
  details?: unknown;
}

/** The part of `error` that the fold cares for; undefined where it has another shape. */
export function errorFact(error: unknown): ErrorFact | undefined {
  const fields = fieldsOf(error, ['message', 'code', 'type', 'details'], 1);
  if (!fields || !isText(fields.message)) return undefined;
  const { code, type } = fields;
  if ((code !== undefined && !isText(code)) || (type !== undefined && !isText(type))) return undefined;
  const fact: ErrorFact = { message: fields.message };
  if (code !== undefined) fact.code = code;
  if (type !== undefined) fact.type = type;
  if (fields.details !== undefined) fact.details = fields.details;
  return fact;
}

export interface DeclaredNode {
  nodeRef: string;
  needs: string[];
}

/** The nodes that a run declares; one of another shape makes the whole list as good as absent. */
export function declaredNodes(value: unknown): DeclaredNode[] {
  if (!Array.isArray(value)) return [];
  const nodes = value.map(declaredNode);
  return nodes.every((node) => node !== undefined) ? nodes : [];
}

/** Here an array is no struct, and `needs` may be missing but not null. */
function declaredNode(value: unknown): DeclaredNode | undefined {
  if (isNodeRef(value)) return { nodeRef: value, needs: [] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { nodeRef, needs = [] } = value as { nodeRef?: unknown; needs?: unknown };
  if (!isNodeRef(nodeRef) || !Array.isArray(needs) || !needs.every(isNodeRef)) return undefined;
  return { nodeRef, needs };
}

/** Labels, when each is a text. */
export function labelsOf(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.values(value).every(isText) ? (value as Record<string, string>) : {};
}
