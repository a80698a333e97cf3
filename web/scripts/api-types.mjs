// Makes src/api/schema.ts from the API's own description, as the binary prints it.
//
//   node scripts/api-types.mjs            writes it
//   node scripts/api-types.mjs --check    exit status 1 when it is not what the binary would give
//
// TELLTALE_BIN names another binary than target/debug/telltale.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';

const ROOT = path.resolve(import.meta.dirname, '../..');
const FILE = path.join(ROOT, 'web/src/api/schema.ts');
const binary = process.env.TELLTALE_BIN ?? path.join(ROOT, 'target/debug/telltale');
const HEAD = '// Made from /openapi.json by `npm run types`; never edited.\n\n';

const document = JSON.parse(execFileSync(binary, ['openapi'], { encoding: 'utf8', maxBuffer: 1 << 26 }));
const types = HEAD + astToString(await openapiTS(document, { alphabetize: true, exportType: true }));

if (!process.argv.includes('--check')) {
  fs.writeFileSync(FILE, types);
} else if (fs.readFileSync(FILE, 'utf8') !== types) {
  console.error(
    'web/src/api/schema.ts is not what /openapi.json says now; `npm run types --prefix web` makes it anew',
  );
  process.exitCode = 1;
} else {
  console.log('web/src/api/schema.ts is what /openapi.json says');
}
