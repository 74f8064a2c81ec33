/** `@millrace/protobuf`: Protocol Buffers as a format for sources and sinks, alone or with a schema registry. */
export { protobuf, type ProtobufOptions } from './protobuf.js';
export { protobufOfSubject, type ProtobufOfSubjectOptions } from './protobuf-of-subject.js';
export type { ProtoSource } from './proto-source.js';
export type { TimeMode } from './known-types.js';
export type { FieldNames, LongMode } from './message-node.js';
export { PROTOBUF_ERRORS } from './error-catalogue.js';
