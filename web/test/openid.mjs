// A stand-in for an OpenID Connect provider: discovery, keys, authorization and tokens, signed for real with ECDSA.
//
// It shows one page with one button, signs in whoever the test says, and holds the code against the client's secret, the redirect
// and the PKCE verifier as RFC 6749 and 7636 ask. It is no provider: no passwords, no users.

import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import http from 'node:http';

const CLIENT_ID = 'telltale-page-tests';
const CLIENT_SECRET = 'a secret of the client';

/** Settings of a server that knows the stand-in, beside its issuer. Who is in no group comes in only when invited. */
export const CLIENT = {
  TELLTALE_OPENID_CLIENT_ID: CLIENT_ID,
  TELLTALE_OPENID_CLIENT_SECRET: CLIENT_SECRET,
  TELLTALE_OPENID_NAME: 'Stand-in',
  TELLTALE_OPENID_ROLE_MAP: 'dev=member',
};

const KID = 'the-only-one';
const ID_TOKEN_FOR_S = 300;

const base64url = (value) => Buffer.from(value).toString('base64url');

export class Provider {
  constructor() {
    this.keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    /** What the next ID token says beside what it must. */
    this.claims = {};
    /** What was asked for with each code. */
    this.codes = new Map();
  }

  async start() {
    this.http = http.createServer((request, response) => void this.#answer(request, response));
    await new Promise((resolve) => this.http.listen(0, '127.0.0.1', resolve));
    // By another name than the server's, so that it is another site to the browser.
    this.issuer = `http://localhost:${this.http.address().port}`;
    return this;
  }

  async stop() {
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.issuer);
    if (pathname === '/.well-known/openid-configuration') return json(response, this.#discovery());
    if (pathname === '/keys') return json(response, { keys: [this.#key()] });
    if (pathname === '/authorize') return this.#authorize(response, Object.fromEntries(searchParams));
    if (pathname === '/token') return this.#token(response, await form(request));
    return json(response, { error: 'there is nothing here' }, 404);
  }

  #discovery() {
    const at = (path) => this.issuer + path;
    return {
      issuer: this.issuer,
      authorization_endpoint: at('/authorize'),
      token_endpoint: at('/token'),
      jwks_uri: at('/keys'),
    };
  }

  #key() {
    return { ...this.keys.publicKey.export({ format: 'jwk' }), kid: KID, use: 'sig' };
  }

  #authorize(response, asked) {
    const isWhole =
      asked.response_type === 'code' &&
      asked.client_id === CLIENT_ID &&
      asked.code_challenge_method === 'S256' &&
      asked.scope.split(' ').includes('openid');
    if (!isWhole) return json(response, { error: 'the request is not what a client asks' }, 400);
    const code = randomUUID();
    this.codes.set(code, asked);
    const back = new URL(asked.redirect_uri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.state);
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      `<!doctype html><title>Stand-in</title><link rel="icon" href="data:,"><a href="${String(back).replaceAll('&', '&amp;')}">Go on as ${this.claims.email}</a>`,
    );
  }

  #token(response, given) {
    const asked = this.codes.get(given.code);
    this.codes.delete(given.code);
    const isRight =
      asked !== undefined &&
      given.grant_type === 'authorization_code' &&
      given.client_id === CLIENT_ID &&
      given.client_secret === CLIENT_SECRET &&
      given.redirect_uri === asked.redirect_uri &&
      createHash('sha256').update(given.code_verifier).digest('base64url') === asked.code_challenge;
    if (!isRight) return json(response, { error: 'invalid_grant' }, 400);
    const now = Math.floor(Date.now() / 1000);
    const must = {
      iss: this.issuer,
      aud: CLIENT_ID,
      nonce: asked.nonce,
      iat: now,
      exp: now + ID_TOKEN_FOR_S,
    };
    const id_token = this.#sign({ ...must, ...this.claims });
    return json(response, { access_token: 'unused', token_type: 'Bearer', id_token });
  }

  #sign(claims) {
    const header = { alg: 'ES256', kid: KID, typ: 'JWT' };
    const signed = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
    const key = { key: this.keys.privateKey, dsaEncoding: 'ieee-p1363' };
    return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
  }
}

function json(response, value, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function form(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return Object.fromEntries(new URLSearchParams(text));
}
