// Writes src/graphql/generated/graphql.ts: a type for every operation in src/, read from the exported schema.
// It calls the client preset itself: the codegen command brings 250 packages for ways of working that we do not use.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { preset } from '@graphql-codegen/client-preset';
import { codegen } from '@graphql-codegen/core';
import { buildASTSchema, parse, validate } from 'graphql';

const root = resolve(import.meta.dirname, '..');
const schemaFile = resolve(root, process.env.HILUM_SCHEMA ?? '../schema/schema.graphql');
const outputFolder = join(root, 'src/graphql/generated/');

const schema = parse(readFileSync(schemaFile, 'utf8'));
const schemaAst = buildASTSchema(schema);
const documents = readdirSync(join(root, 'src'), { recursive: true })
  .filter((name) => name.endsWith('.graphql'))
  .sort()
  .map((name) => {
    const rawSDL = readFileSync(join(root, 'src', name), 'utf8');
    return { location: name, rawSDL, document: parse(rawSDL) };
  });

const together = { kind: 'Document', definitions: documents.flatMap(({ document }) => document.definitions) };
const faults = validate(schemaAst, together);
if (faults.length > 0) {
  for (const fault of faults) process.stderr.write(`${fault.toString()}\n\n`);
  process.exit(1);
}

const sections = await preset.buildGeneratesSection({
  baseOutputDir: outputFolder,
  schema,
  schemaAst,
  documents,
  plugins: [],
  pluginMap: {},
  documentTransforms: [],
  config: {
    documentMode: 'string',
    useTypeImports: true,
    enumsAsTypes: true,
    onlyOperationTypes: true,
    // A field that was asked for is there, null or not; inputs may leave out what may be null.
    avoidOptionals: { field: true, inputValue: false, object: false, defaultValue: false },
    scalars: {
      DateTime: 'string',
      Date: 'string',
      LocalDateTime: 'string',
      ByteCount: 'number',
      JSON: 'unknown',
    },
  },
  presetConfig: { fragmentMasking: false },
});
const operations = sections.find(({ filename }) => filename.endsWith('/graphql.ts'));
mkdirSync(outputFolder, { recursive: true });
writeFileSync(operations.filename, await codegen(operations));
