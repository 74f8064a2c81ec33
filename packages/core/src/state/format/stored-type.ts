/** How the values of a snapshot become values of the state that the job declares now, or why they cannot. */
import { ByteWriter, type ByteReader } from '../../base/bytes.js';
import { typeFromDescription } from '../../record/types/describe.js';
import { compareTypes, evolveValue } from '../../record/types/evolve.js';
import type { TypeInfo } from '../../record/types/type-info.js';
import { KeyTypeChanged, MigrationFailed, StateTypeChanged } from '../errors.js';
import type { ValueReader } from './section-reader.js';
import type { StateMeta } from './state-meta.js';
import { ValueCodec } from './value-codec.js';

/** What the job declares now. */
export interface DeclaredState {
  readonly operatorUid: string;
  readonly name: string;
  readonly version: number;
  readonly codec: ValueCodec;
  readonly mapKeyCodec: ValueCodec | undefined;
  readonly migrate: ((old: unknown, fromVersion: number) => unknown) | undefined;
}

/** The reader of a state's values. Throws before anything is read when the types do not go together. */
export function valueReader(written: StateMeta, declared: DeclaredState): ValueReader {
  const writtenType = typeFromDescription(written.type);
  const { verdict, changes } = compareTypes(writtenType, declared.codec.type);
  const sameVersion = written.version === declared.version;
  if (verdict === 'same' && sameVersion) return declared.codec;
  if (declared.migrate !== undefined && written.version <= declared.version) return new MigratingReader(writtenType, written.version, declared);
  if (verdict === 'same') return declared.codec;
  if (verdict === 'compatible') return new EvolvingReader(writtenType, declared.codec);
  throw StateTypeChanged.error({
    what: `state "${declared.name}" of operator "${declared.operatorUid}" was written with another type: ${changes.join('; ')}`,
    why:
      written.version > declared.version
        ? `the snapshot has version ${written.version} of the state, the job declares version ${declared.version}: it is an older job`
        : 'no migrate function is declared',
    where: { operator: declared.operatorUid, state: declared.name },
  });
}

/** The reader of keys. Throws when their type changed: keys never evolve. */
export function keyReader(written: unknown, declared: ValueCodec, place: { readonly operatorUid: string; readonly what: string; readonly state?: string }): ValueReader {
  const writtenType = typeFromDescription(written);
  const { verdict, changes } = compareTypes(writtenType, declared.type);
  if (verdict === 'same') return declared;
  // Keys are found by value, so it does not matter whether a type said what they are.
  if (writtenType.kind === 'dynamic' || declared.type.kind === 'dynamic') return new ValueCodec(writtenType);
  throw KeyTypeChanged.error({
    what: `${place.what} of operator "${place.operatorUid}" had another type in the snapshot: ${changes.join('; ')}`,
    where: { operator: place.operatorUid, ...(place.state === undefined ? {} : { state: place.state }) },
  });
}

class EvolvingReader implements ValueReader {
  readonly #codec: ValueCodec;
  readonly #declared: ValueCodec;

  constructor(written: TypeInfo, declared: ValueCodec) {
    this.#codec = new ValueCodec(written);
    this.#declared = declared;
  }

  decode(reader: ByteReader): unknown {
    const { type, form } = this.#declared;
    const evolved = evolveValue(this.#codec.type, type, this.#codec.decode(reader));
    return form === undefined ? evolved : form.fromStored(evolved);
  }
}

class MigratingReader implements ValueReader {
  readonly #codec: ValueCodec;
  readonly #fromVersion: number;
  readonly #declared: DeclaredState;
  readonly #scratch: ByteWriter;

  constructor(written: TypeInfo, fromVersion: number, declared: DeclaredState) {
    this.#codec = new ValueCodec(written);
    this.#fromVersion = fromVersion;
    this.#declared = declared;
    this.#scratch = new ByteWriter();
  }

  decode(reader: ByteReader): unknown {
    const old = this.#codec.decode(reader);
    const { migrate, codec, name, operatorUid } = this.#declared;
    try {
      const migrated = migrate!(old, this.#fromVersion);
      this.#scratch.reset();
      codec.encode(migrated, this.#scratch);
      return migrated;
    } catch (error) {
      throw MigrationFailed.error({
        what: `a value of state "${name}" could not be brought from version ${this.#fromVersion} to ${this.#declared.version}`,
        ...(error instanceof Error ? { why: error.message } : {}),
        where: { operator: operatorUid, state: name },
        cause: error,
      });
    }
  }
}
