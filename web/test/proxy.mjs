// A middlebox between the page and the server, such as stand on the way in the field: it can refuse WebSockets, keep streams for
// itself, fall silent, or be gone.

import http from 'node:http';
import net from 'node:net';

export class Middlebox {
  constructor(server) {
    this.server = server;
    this.isOpen = true;
    this.passesSockets = true;
    this.passesStreams = true;
    this.isSilent = false;
    this.connections = new Set();
    /** Requests for sockets so far. */
    this.sockets = 0;
  }

  async start() {
    this.http = http.createServer((request, response) => this.#pass(request, response));
    this.http.on('connection', (connection) => {
      this.connections.add(connection);
      connection.on('error', () => {});
      connection.on('close', () => this.connections.delete(connection));
      if (!this.isOpen) connection.destroy();
    });
    this.http.on('upgrade', (request, socket) => this.#upgrade(request, socket));
    await new Promise((resolve) => this.http.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.http.address().port}`;
    return this;
  }

  /** Ends every connection there is. */
  cut() {
    for (const connection of this.connections) connection.destroy();
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.http.close(resolve));
  }

  #headers({ headers }) {
    const { host, origin } = new URL(this.server.url);
    return { ...headers, host, ...(headers.origin && { origin }) };
  }

  #pass(request, response) {
    const target = new URL(request.url, this.server.url);
    const headers = this.#headers(request);
    const onward = http.request(target, { method: request.method, headers }, (answer) => {
      const isKept = !this.passesStreams && answer.headers['content-type']?.startsWith('text/event-stream');
      response.writeHead(answer.statusCode, answer.headers);
      if (isKept) answer.resume();
      else answer.pipe(response);
      response.on('close', () => answer.destroy());
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }

  #upgrade(request, socket) {
    socket.on('error', () => {});
    this.sockets += 1;
    if (!this.passesSockets) return socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    const { hostname, port, host, origin } = new URL(this.server.url);
    const onward = net.connect(Number(port), hostname, () => {
      const headers = Object.entries({ ...request.headers, host, origin });
      const lines = headers.map(([name, value]) => `${name}: ${value}`);
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      socket.on('data', (chunk) => this.isSilent || onward.write(chunk));
      onward.on('data', (chunk) => this.isSilent || socket.write(chunk));
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  }
}
