/** `@millrace/json-schema`: JSON that is checked by a JSON Schema, as a format for sources and sinks, alone or with a schema registry. */
export { jsonSchema, type JsonSchemaOptions } from './json-schema.js';
export { jsonSchemaOfSubject, type JsonSchemaOfSubjectOptions } from './json-schema-of-subject.js';
export { JSON_SCHEMA_ERRORS } from './error-catalogue.js';
