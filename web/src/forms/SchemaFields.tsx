// The fields of a form that a JSON Schema describes.

import { useId, useState } from 'react';
import styles from './SchemaFields.module.css';
import { type Field, fieldsOf, initialTexts, type Schema, type Texts, valuesOf } from './schema';

export interface SchemaForm {
  readonly fields: readonly Field[] | null;
  readonly texts: Texts;
  readonly set: (name: string, text: string) => void;
  /** What is sent; throws where a text that should be JSON is none. */
  readonly read: () => unknown;
}

const WHOLE = 'data';

/** The state of the form; `schema` is the same as long as the form is the same. */
export function useSchemaForm(schema: Schema | null | undefined): SchemaForm | null {
  const fields = schema ? fieldsOf(schema) : null;
  const [texts, setTexts] = useState<Texts>(() => (fields ? initialTexts(fields) : { [WHOLE]: '{}' }));
  if (!schema) return null;
  return {
    fields,
    texts,
    set: (name, text) => setTexts((before) => ({ ...before, [name]: text })),
    read: () => (fields ? valuesOf(fields, texts) : JSON.parse(texts[WHOLE] ?? '')),
  };
}

export function SchemaFields({ form }: { readonly form: SchemaForm }) {
  const id = useId();
  if (form.fields) {
    return form.fields.map((field) => (
      <FieldInput
        key={field.name}
        id={`${id}-${field.name}`}
        field={field}
        text={form.texts[field.name] ?? ''}
        onText={(text) => form.set(field.name, text)}
      />
    ));
  }
  return (
    <label className={styles.field} data-wide="">
      <span className={styles.name}>Data, as JSON</span>
      <textarea
        rows={4}
        spellCheck={false}
        value={form.texts[WHOLE] ?? ''}
        onChange={({ target }) => form.set(WHOLE, target.value)}
      />
    </label>
  );
}

interface InputProps {
  readonly id: string;
  readonly field: Field;
  readonly text: string;
  readonly onText: (text: string) => void;
}

function FieldInput({ id, field: { name, property, isRequired }, text, onText }: InputProps) {
  const told = property.description ? `${id}-told` : undefined;
  const common = { id, name, 'aria-describedby': told, required: isRequired && property.type !== 'boolean' };
  return (
    <div className={styles.field} data-kind={property.type}>
      <label htmlFor={id} className={styles.name}>
        {property.title ?? name}
        {isRequired && <span className={styles.required}> required</span>}
      </label>
      {property.enum ? (
        <select {...common} value={text} onChange={({ target }) => onText(target.value)}>
          <option value="">–</option>
          {property.enum.map((choice, place) => (
            <option key={String(choice)} value={String(place)}>
              {String(choice)}
            </option>
          ))}
        </select>
      ) : property.type === 'boolean' ? (
        <input
          {...common}
          type="checkbox"
          checked={text === 'true'}
          onChange={({ target }) => onText(String(target.checked))}
        />
      ) : (
        <input
          {...common}
          type={property.type === 'string' ? 'text' : 'number'}
          step={property.type === 'integer' ? 1 : 'any'}
          value={text}
          autoComplete="off"
          onChange={({ target }) => onText(target.value)}
        />
      )}
      {told && (
        <span id={told} className={styles.told}>
          {property.description}
        </span>
      )}
    </div>
  );
}
