import { defineError, type ErrorKind } from '@millrace/core/spi';

export const AvroSchemaInvalid: ErrorKind = defineError({
  code: 'MR-4221',
  title: 'Avro schema is not valid',
  explanation: 'The schema is no JSON, names a type that is not defined, or breaks another rule of the specification of Avro.',
  remedy: 'Correct the part that the message names.',
});

export const AvroIncompatible: ErrorKind = defineError({
  code: 'MR-4222',
  title: 'Avro data cannot be read with the schema of the format',
  explanation:
    'The schema that a record was written with and the one it is read with do not go together: a field without a default is missing, or a type changed into one that Avro does not widen it to.',
  remedy: "Give new fields a default and renamed ones an alias, or read with the schema of the records; onError: 'skip' or 'deadLetter' goes on without them.",
});

export const AvroMalformed: ErrorKind = defineError({
  code: 'MR-4223',
  title: 'Avro data are malformed',
  explanation: 'The bytes of a record are no value of its schema: they end too early, go on behind its end, or hold something the schema does not have.',
  remedy: "Check that the record was written with this schema; onError: 'skip' or 'deadLetter' goes on without such records.",
});

export const AvroLongUnsafe: ErrorKind = defineError({
  code: 'MR-4224',
  title: 'Avro long does not fit a number',
  explanation: 'A long beyond 2^53 would be rounded as a number of JavaScript.',
  remedy: "Read longs as bigint: longs: 'bigint' for all, or { \"type\": \"long\", \"logicalType\": \"bigint\" } for one field, which other readers of the schema ignore.",
});

export const AvroNotEncodable: ErrorKind = defineError({
  code: 'MR-4225',
  title: 'Value does not fit the Avro schema',
  explanation: 'A field of the record is missing, or its value is none of the type that the schema gives it. Avro data have no room for anything else.',
  remedy: 'Map the record to the fields and types of the schema before the sink.',
});
