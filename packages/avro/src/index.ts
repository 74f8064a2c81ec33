/** `@millrace/avro`: Avro as a format for sources and sinks, alone or with a schema registry. */
export { avro, type AvroOptions } from './avro.js';
export type { LongMode } from './logical.js';
