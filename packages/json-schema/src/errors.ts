import { defineError, type ErrorKind } from '@millrace/core/spi';

export const JsonSchemaInvalid: ErrorKind = defineError({
  code: 'MR-4261',
  title: 'JSON Schema is not valid',
  explanation: 'The schema is no JSON, is none of its draft, is of a draft that is not supported (draft-07, 2019-09 and 2020-12 are), or refers to a schema that is not given. Schemas are compiled when the format is made, and nothing is fetched from the addresses they name.',
  remedy: 'Correct the part that the message names; give other schemas that it refers to as `references`.',
});

export const JsonSchemaMismatch: ErrorKind = defineError({
  code: 'MR-4262',
  title: 'Record does not fit its JSON Schema',
  explanation: 'The record is JSON, but its schema refuses it: a property is missing, has another type, or breaks a rule.',
  remedy: "Mend the record where it is written, or the schema; onError: 'skip' or 'deadLetter' goes on without such records.",
});

export const JsonSchemaNotEncodable: ErrorKind = defineError({
  code: 'MR-4263',
  title: 'Value does not fit the JSON Schema of the sink',
  explanation: 'What would be written is no document of the schema, so that readers who check it would refuse it. The sink refuses it first.',
  remedy: 'Map the record to what the schema asks for before the sink, or change the schema.',
});

export const WriterSchemaNotJson: ErrorKind = defineError({
  code: 'MR-4264',
  title: 'Schema of the registry is no JSON Schema',
  explanation: 'The id at the beginning of a record, or the subject, belongs to a schema of Avro or Protobuf. Records of it are no JSON.',
  remedy: "Read the topic with the format of its schemas; onError: 'skip' or 'deadLetter' goes on without such records.",
});

export const JsonSchemaConflict: ErrorKind = defineError({
  code: 'MR-4265',
  title: 'Two JSON Schemas contradict each other',
  explanation: 'What one schema asks of every record the other one forbids: a property that must be there and that the other one does not have, types that have nothing in common, values of which none is in both lists.',
  remedy: 'Let the reader ask for less: give a new property a default or do not require it, or widen its type.',
});

export const JsonDocumentMissing: ErrorKind = defineError({
  code: 'MR-4266',
  title: 'Record has no JSON',
  explanation: 'Behind the id of its schema the record has nothing but white space.',
  remedy: "Mend the producer; onError: 'skip' or 'deadLetter' goes on without such records.",
});
