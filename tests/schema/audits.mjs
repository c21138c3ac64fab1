// Runs the audits of npm's `graphql-http` on the endpoint named by the argument; prints each with how it ended, as JSON.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const require = createRequire(resolve(import.meta.dirname, '../../pwa/package.json'));
const { auditServer } = await import(pathToFileURL(require.resolve('graphql-http')));
const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
process.stdout.write(
  JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason: reason ?? null }))),
);
process.exit(0);
