// A real telltale server for the browser test: started, killed and started again on its own data directory.
//
// Ends only what it started, by pid, and waits on what the server says, never on the clock.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const BINARY = path.resolve(ROOT, process.env.TELLTALE_TEST_BINARY ?? 'target/debug/telltale');
const READY_MS = 60_000; // a new cluster on a busy machine; usually three seconds

/** The environment without telltale's own settings: those of the caller must not steer the test. */
function cleanEnvironment(extra) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TELLTALE_'));
  return { ...Object.fromEntries(kept), ...extra };
}

export class Server {
  /** `settings` are variables of the environment beside those that every test's server has. */
  constructor(settings = {}) {
    this.settings = settings;
    this.headers = {};
    // Below /var/tmp or /tmp, since PostgreSQL runs as another user than root and must reach it.
    this.dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'telltale-page-'));
    fs.chmodSync(this.dataDir, 0o755);
    this.listen = '127.0.0.1:0';
    this.said = '';
  }

  async start() {
    this.process = spawn(BINARY, ['serve'], {
      cwd: ROOT,
      env: cleanEnvironment({
        TELLTALE_DATA_DIR: this.dataDir,
        TELLTALE_LISTEN: this.listen,
        TELLTALE_PROCESS_ENGINE: 'true',
        ...this.settings,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stderr.on('data', (chunk) => {
      this.said = (this.said + chunk).slice(-8192);
    });
    this.url = await this.#ready();
    this.listen = new URL(this.url).host; // a restart must come back at the same place
    return this;
  }

  async #ready() {
    const lines = readline.createInterface({ input: this.process.stdout });
    const deadline = setTimeout(() => this.process.kill('SIGKILL'), READY_MS);
    try {
      for await (const line of lines) {
        const match = /listening on (http:\/\/\S+)/.exec(line);
        if (match) return match[1];
      }
      throw new Error(`the server ended before it was ready:\n${this.said}`);
    } finally {
      clearTimeout(deadline);
    }
  }

  async kill() {
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  /** Ends the server's own worker, which outlives it and says in its lock file who it is. */
  #stopWorker() {
    const pid = Number(
      fs.readFileSync(path.join(this.dataDir, 'worker.lock'), { encoding: 'utf8', flag: 'a+' }),
    );
    const command =
      pid && fs.existsSync(`/proc/${pid}`) ? fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
    if (command.includes('worker\0--local')) process.kill(pid, 'SIGTERM');
  }

  /** Stops cleanly, the database with it, and removes the data. */
  async stop() {
    this.#stopWorker();
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    fs.rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** From here on requests are those of who can read the data directory: an owner of the first organization. */
  actAsOperator() {
    const token = fs.readFileSync(path.join(this.dataDir, 'operator.token'), 'utf8').trim();
    this.headers = { authorization: `Bearer ${token}` };
  }

  async call(method, pathAndQuery, body) {
    const response = await fetch(this.url + pathAndQuery, {
      method,
      headers: { 'content-type': 'application/json', ...this.headers },
      body: body && JSON.stringify(body),
    });
    if (!response.ok)
      throw new Error(`${method} ${pathAndQuery}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async append(runId, ...events) {
    return this.call('POST', `/api/v1/runs/${runId}/events`, events);
  }

  async log(runId, nodeRef, ...texts) {
    const lines = texts.map((text) => JSON.stringify({ nodeRef, stream: 'stdout', text })).join('\n');
    await this.lines(runId, `${lines}\n`);
  }

  /** Lines as NDJSON. */
  async lines(runId, ndjson) {
    const response = await fetch(`${this.url}/api/v1/runs/${runId}/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: ndjson,
    });
    if (!response.ok) throw new Error(`appending lines: ${response.status} ${await response.text()}`);
  }

  /** Stores a workflow, and starts a run of it that the server's own worker executes. */
  async startWorkflow(source, runId) {
    const { name } = await this.put(source);
    return this.call('POST', `/api/v1/workflows/${name}/run`, { runId });
  }

  async put(source) {
    const name = /^name: (\S+)$/m.exec(source)[1];
    return this.call('PUT', `/api/v1/workflows/${name}`, { source });
  }

  /** Runs a sample as processes of this machine; resolves with its exit status and what it printed. */
  run(sample, ...args) {
    const child = spawn(BINARY, ['run', `samples/${sample}.yaml`, '--engine', 'process', ...args], {
      cwd: ROOT,
      env: cleanEnvironment({ TELLTALE_DATA_DIR: this.dataDir, TELLTALE_URL: this.url }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        printed = (printed + chunk).slice(-8192);
      });
    return once(child, 'close').then(([code]) => ({ code, printed }));
  }
}
