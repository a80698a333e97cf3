// A JSON Schema as the fields of a form. Where every property is a plain value there is a field for each, else one for the
// JSON of it all. What is left empty is not sent, and the server says whether it may be.

export interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
}

export interface Field {
  readonly name: string;
  readonly property: Property;
  readonly isRequired: boolean;
}

export interface Schema {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
}

const PLAIN: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean']);

/** The fields of a schema; null where only its JSON can be asked for. */
export function fieldsOf(schema: Schema): Field[] | null {
  const properties = Object.entries(schema.properties ?? {});
  const isPlain = properties.every(
    ([, property]) => Array.isArray(property?.enum) || PLAIN.has(property?.type),
  );
  if (!isPlain || properties.length === 0) return null;
  const required = new Set(schema.required);
  return properties.map(([name, property]) => ({ name, property, isRequired: required.has(name) }));
}

export type Texts = Readonly<Record<string, string>>;

/** What the fields hold at first. */
export function initialTexts(fields: readonly Field[]): Texts {
  return Object.fromEntries(fields.map(({ name, property }) => [name, initialText(property)]));
}

function initialText({ enum: choices, default: value }: Property): string {
  if (value === undefined || value === null) return '';
  if (choices) return String(choices.indexOf(value) < 0 ? '' : choices.indexOf(value));
  return String(value);
}

/** The values that are sent. */
export function valuesOf(fields: readonly Field[], texts: Texts): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    const value = fieldValue(field, texts[field.name] ?? '');
    if (value !== undefined) values[field.name] = value;
  }
  return values;
}

function fieldValue({ property, isRequired }: Field, text: string): unknown {
  if (property.enum) return text === '' ? undefined : property.enum[Number(text)];
  if (property.type === 'boolean') return text === 'true';
  if (property.type === 'string') return text === '' && !isRequired ? undefined : text;
  return text === '' ? undefined : Number(text);
}
