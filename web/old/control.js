// What a person can do to a run, and what a run has for people: cancel, run again, answer a question, take a file.
//
// Each part is told the run's state and shows what fits it. It asks the server for nothing that the state does not call
// for, and never guesses what came of a click: that is in the run's next state.

import { ENDED, el, get, number, post, query, runLink, runPath, setText } from './tools.js';

const SIMPLE_TYPES = new Set(['string', 'number', 'integer', 'boolean']);
const FILES_SHOWN = 200; // the API has them all

/** Does `work` with the buttons out of reach meanwhile; what goes wrong is said beside them. */
async function once(buttons, said, work) {
  setText(said, '');
  for (const button of buttons) button.disabled = true;
  try { await work(); } catch (error) { setText(said, error.message); }
  for (const button of buttons) button.disabled = false;
}

// ---------------------------------------------------------------- cancel, run again

/** Buttons for the whole run; with a node chosen, one that begins there. */
export function controls(runId, only) {
  const said = el('span', { class: 'said', role: 'alert' });
  const rerun = (body) => async () => {
    const started = await post(`${runPath(runId)}/rerun`, body);
    location.hash = runLink(started.runId);
  };
  const button = (word, work) => {
    const element = el('button', { type: 'button', hidden: true, onclick: () => once([element], said, work) }, word);
    return element;
  };
  const cancel = button('Cancel', async () => { if (confirm('Cancel this run?')) await post(`${runPath(runId)}/cancel`, {}); });
  const again = button('Run again', rerun({}));
  const from = button(`Run again from ${only}`, rerun({ fromNode: only }));
  return {
    element: el('div', { class: 'controls' }, said, cancel, again, from),
    show(run) {
      const over = ENDED.has(run.status);
      cancel.hidden = over;
      again.hidden = !over || run.engine !== 'local'; // others' runs are theirs to start
      from.hidden = again.hidden || !only;
    },
  };
}

// ---------------------------------------------------------------- questions

/** The questions that nodes wait with. One that is being answered is never drawn again under the reader's hands. */
export function questions(runId, signal) {
  const element = el('div', { class: 'questions' });
  const shown = new Map(); // node → its question, or null while it is being read

  async function ask({ nodeRef }) {
    shown.set(nodeRef, null);
    const asked = await get(`${runPath(runId)}/events${query({ type: 'NODE_AWAITING_INPUT', nodeRef, limit: 5000 })}`, signal).catch(() => null);
    const event = asked?.events.at(-1);
    if (!event || !shown.has(nodeRef)) return shown.delete(nodeRef); // the next state asks again
    const form = question(runId, event);
    shown.set(nodeRef, form);
    element.append(form);
  }

  return {
    element,
    show(run) {
      const waiting = new Map((run.nodes ?? []).filter((node) => node.status === 'AWAITING_INPUT').map((node) => [node.nodeRef, node]));
      for (const [nodeRef, form] of shown) {
        if (waiting.has(nodeRef)) continue;
        form?.remove();
        shown.delete(nodeRef);
      }
      for (const [nodeRef, node] of waiting) if (!shown.has(nodeRef)) ask(node);
    },
  };
}

function question(runId, event) {
  const fields = formFields(event.data?.form);
  const comment = el('input', { name: 'comment', autocomplete: 'off', maxlength: 2000 });
  const said = el('p', { class: 'said', role: 'alert' });
  const answer = (approved) => once([yes, no], said, async () => {
    const body = { approved, data: approved ? fields.read() : undefined, comment: comment.value.trim() || undefined };
    await post(`${runPath(runId)}/nodes/${encodeURIComponent(event.nodeRef)}/input`, body);
    setText(said, 'Sent.');
  });
  const yes = el('button', { type: 'submit', class: 'yes' }, 'Approve');
  const no = el('button', { type: 'button', onclick: () => answer(false) }, 'Reject');
  return el('form', { class: 'question', 'data-question': event.nodeRef, onsubmit: (submitted) => { submitted.preventDefault(); answer(true); } },
    el('p', {}, el('code', {}, event.nodeRef), ' asks: ', el('strong', {}, event.data?.message ?? event.message ?? 'May it go on?')),
    el('div', { class: 'fields' }, ...fields.elements, el('label', {}, el('span', {}, 'comment, if any'), comment), yes, no), said);
}

/** A field for each property where all are plain values, else one for the JSON of it all. */
function formFields(schema) {
  if (!schema) return { elements: [], read: () => undefined };
  const properties = Object.entries(schema.properties ?? {});
  const plain = properties.length && properties.every(([, property]) => property?.enum || SIMPLE_TYPES.has(property?.type));
  if (!plain) return jsonField();
  const required = new Set(schema.required);
  const fields = properties.map(([name, property]) => field(name, property, required.has(name)));
  return {
    elements: fields.map(({ element }) => element),
    read: () => Object.fromEntries(fields.map(({ name, read }) => [name, read()]).filter(([, value]) => value !== undefined)),
  };
}

function jsonField() {
  const text = el('textarea', { name: 'data', rows: 3, spellcheck: 'false' }, '{}');
  const read = () => {
    try { return JSON.parse(text.value); } catch (error) { throw new Error(`The data is no JSON: ${error.message}`, { cause: error }); }
  };
  return { elements: [el('label', { class: 'wide' }, el('span', {}, 'data, as JSON'), text)], read };
}

/** What is left empty is not sent, and the server says whether it may be. */
function field(name, property, required) {
  let input;
  let read;
  if (property.enum) {
    input = el('select', { name }, el('option', { value: '' }, '–'),
      ...property.enum.map((value, place) => el('option', { value: String(place), selected: value === property.default }, String(value))));
    read = () => (input.value === '' ? undefined : property.enum[Number(input.value)]);
  } else if (property.type === 'boolean') {
    input = el('input', { name, type: 'checkbox', checked: property.default === true });
    read = () => input.checked;
  } else if (property.type === 'string') {
    input = el('input', { name, value: property.default, autocomplete: 'off' });
    read = () => (input.value === '' && !required ? undefined : input.value);
  } else {
    input = el('input', { name, type: 'number', value: property.default, step: property.type === 'integer' ? 1 : 'any' });
    read = () => (input.value === '' ? undefined : Number(input.value));
  }
  const words = `${property.title ?? name}${required ? ' *' : ''}${property.description ? `: ${property.description}` : ''}`;
  return { name, read, element: el('label', {}, el('span', {}, words), input) };
}

// ---------------------------------------------------------------- files

/** The files that nodes have left. */
export function files(runId, only, signal) {
  const list = el('ul');
  const element = el('div', { class: 'files', hidden: true }, el('h2', {}, 'Files'), list);
  const row = ({ artifactId, name, nodeRef, bytes }) => el('li', {},
    el('a', { href: `${runPath(runId)}/artifacts/${artifactId}`, download: name.split('/').at(-1) }, name),
    el('span', { class: 'count' }, `${number(bytes)} bytes${nodeRef && !only ? ` · ${nodeRef}` : ''}`));
  return {
    element,
    async refresh() {
      const page = await get(`${runPath(runId)}/artifacts${query({ nodeRef: only, limit: FILES_SHOWN })}`, signal).catch(() => null);
      if (!page) return; // the next file, or a reload, asks again
      list.replaceChildren(...page.artifacts.map(row), ...(page.nextCursor ? [el('li', {}, '… and more')] : []));
      element.hidden = !page.artifacts.length;
    },
  };
}
