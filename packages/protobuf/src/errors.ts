import { defineError, type ErrorKind } from '@millrace/core/spi';

export const ProtobufSchemaInvalid: ErrorKind = defineError({
  code: 'MR-4241',
  title: 'Protobuf schema is not valid',
  explanation: 'The text is no .proto file, imports a file or names a type that is not to be found, lacks the message of the format, or gives two fields of a record one name.',
  remedy: 'Correct the part that the message names; give imported files with `references` or `importFolders`, and the message with `message`.',
});

export const ProtobufIncompatible: ErrorKind = defineError({
  code: 'MR-4242',
  title: 'Protobuf data cannot be read with the schema of the format',
  explanation:
    'The schema that a record was written with and the one it is read with do not go together: it is another message, a field has changed into a type whose bytes mean something else, or a required field is missing.',
  remedy: "Give a field of another type another number, and read with the schema of the records; onError: 'skip' or 'deadLetter' goes on without them.",
});

export const ProtobufMalformed: ErrorKind = defineError({
  code: 'MR-4243',
  title: 'Protobuf data are malformed',
  explanation:
    'The bytes of a record are no message of its schema: they end too early, a field is not encoded as its type is, a number does not fit its type, or the message has more levels or parts than are allowed.',
  remedy: "Check that the record was written with this schema; onError: 'skip' or 'deadLetter' goes on without such records.",
});

export const ProtobufLongUnsafe: ErrorKind = defineError({
  code: 'MR-4244',
  title: 'Protobuf number of 64 bits does not fit a number',
  explanation: 'A number beyond 2^53 would be rounded as a number of JavaScript.',
  remedy: "Read them as bigint: longs: 'bigint' for all, or [jstype = JS_STRING] in the schema for one field.",
});

export const ProtobufNotEncodable: ErrorKind = defineError({
  code: 'MR-4245',
  title: 'Value does not fit the Protobuf schema',
  explanation: 'A required field of the record is missing, two fields of one oneof are set, or a value is none of the type that the schema gives it.',
  remedy: 'Map the record to the fields and types of the schema before the sink.',
});
