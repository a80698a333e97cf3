// The API's description as a page, drawn from /openapi.json. Text enters the document through textContent only.

/** Makes an element; children are nodes or text, never markup. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A schema in a few words, with links to the named ones. */
function words(schema) {
  if (!schema || typeof schema !== 'object') return ['anything'];
  if (schema.$ref) {
    const name = schema.$ref.split('/').pop();
    return [el('a', { href: `#schema-${name}` }, name)];
  }
  const several = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (several) return several.flatMap((part, index) => (index ? [schema.allOf ? ' and ' : ' or ', ...words(part)] : words(part)));
  if (schema.enum) return [schema.enum.join(' | ')];
  if (schema.const !== undefined) return [JSON.stringify(schema.const)];
  if (schema.type === 'array') return ['list of ', ...words(schema.items)];
  const type = [schema.type ?? 'anything'].flat().join(' or ');
  const range = [schema.minimum, schema.maximum].some((n) => n !== undefined) ? ` ${schema.minimum ?? ''}–${schema.maximum ?? ''}` : '';
  return [type, schema.format ? ` (${schema.format})` : '', range, schema.default !== undefined ? `, default ${schema.default}` : ''];
}

function table(head, rows) {
  if (!rows.length) return null;
  return el('table', {},
    el('thead', {}, el('tr', {}, ...head.map((name) => el('th', {}, name)))),
    el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, ...[cell].flat()))))));
}

function operation(method, path, described) {
  const parameters = (described.parameters ?? []).map((p) => [el('code', {}, p.name), p.in, words(p.schema), p.description ?? '']);
  const content = Object.entries(described.requestBody?.content ?? {});
  const body = content.map(([mime, { schema }]) => [mime, words(schema)]);
  const answers = Object.entries(described.responses ?? {}).map(([status, answer]) => {
    const [mime, found] = Object.entries(answer.content ?? {})[0] ?? ['', null];
    return [status, answer.description, found ? [...words(found.schema), ` as ${mime}`] : ''];
  });
  return el('section', { id: described.operationId },
    el('h2', {}, el('code', {}, `${method.toUpperCase()} ${path}`)),
    el('p', {}, described.summary),
    described.description ? el('p', {}, described.description) : null,
    table(['parameter', 'in', 'type', ''], parameters),
    table(['body', 'type'], body),
    table(['answer', '', 'type'], answers));
}

function schema(name, described) {
  const needed = new Set(described.required ?? []);
  const rows = Object.entries(described.properties ?? {}).map(([field, type]) => [
    el('code', {}, field + (needed.has(field) ? '' : '?')), words(type), type.description ?? '',
  ]);
  return el('section', { id: `schema-${name}` },
    el('h3', {}, name),
    described.description ? el('p', {}, described.description) : null,
    table(['field', 'type', ''], rows) ?? el('p', {}, ...words(described)));
}

const main = document.getElementById('main');
try {
  const response = await fetch('/openapi.json');
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const api = await response.json();
  main.append(el('h1', {}, `${api.info.title} ${api.info.version}`), el('p', {}, api.info.description));
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, described] of Object.entries(item)) main.append(operation(method, path, described));
  }
  main.append(el('h2', {}, 'Shapes'));
  for (const [name, described] of Object.entries(api.components.schemas)) main.append(schema(name, described));
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (error) {
  main.append(el('p', { class: 'notice' }, `The description can't be read: ${error.message}`));
}
